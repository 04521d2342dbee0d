// What the programs print: at most 80 columns, plain text, one string per report so that nothing
// interleaves.
#pragma once

#include <string>

#include "harness/run/sweep.hpp"

namespace mlacheck {

/// One table for each op and backend: variant, cases, each check, share of the bound, verdict; then
/// skip reasons and failures.
std::string render(const SweepResult& result);

/// Verdict, shrunk case, findings and the replay command.
std::string render_failure(const SweepRow& row, const Failure& failure);

/// How the bound was used: a row of the histogram for each op and variant.
std::string render_histogram(const SweepResult& result);

/// 12345 -> "12.3k", 1234567 -> "1.23M".
std::string compact(std::int64_t count);

}  // namespace mlacheck
