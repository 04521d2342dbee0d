// The machine-readable report: one JSON object for a sweep.
#pragma once

#include <string>

#include "harness/run/sweep.hpp"

namespace mlacheck {

/// Keys: seed, seconds, verdict, counts{verdict: cases}, rows[{op, backend, device, variant,
/// verdict, counts, checks{name: {cases, failed}}, worst_ratio, ratios[11], rule, skips{reason:
/// cases}, failures[{case, original, findings[{check, text}]}]}].
std::string json_report(const SweepResult& result);

}  // namespace mlacheck
