// The machine-readable report: one JSON object for a sweep.
#pragma once

#include <string>

#include "harness/sweep/sweep.hpp"

namespace mlacheck {

/// Keys: mlacheck{version, commit, compiler, build, sanitizer}, command_line, seed, seconds,
/// verdict, error, interrupted, counts{verdict: cases}, rows[{op, backend, device, variant,
/// verdict, counts, checks{name: {cases, failed}}, worst_ratio, ratios[11], rule, unavailable,
/// skips[{reason, cases}], left_out{check: [{reason, cases}]}, ended_early, configuration,
/// failures[{case, original, after, confirmed, minimal, interrupted, verdict, replay, error, crash,
/// timeout, findings[{check, operand, kind, text, choice}]}]}].
std::string json_report(const SweepResult& result);

}  // namespace mlacheck
