// What the programs print: at most 80 columns, plain text, one string per report so that nothing
// interleaves.
#pragma once

#include <optional>
#include <string>

#include "harness/sweep/sweep.hpp"

namespace mlacheck {

/// One table for each op and backend: variant, cases that ran and were skipped, each check, share
/// of the bound, verdict; under a row why cases were skipped and checks left out. Then the legend.
std::string render_tables(const SweepResult& result);

/// Counts of verdicts, what a clean sweep is worth, and the verdict of the whole.
std::string render_summary(const SweepResult& result);

/// Verdict, shrunk case, findings and the replay command. `only`: no findings but those of this check.
std::string render_failure(const Row& row, const Counterexample& found,
                           std::optional<Check> only = {});

/// The verdict of a sweep, or INTERRUPTED for one that was stopped before anything failed.
std::string verdict_word(const SweepResult& result);

/// The command that runs the counterexample again; may be several lines, as for a shell.
std::string replay_command(const Row& row, const Counterexample& found);

/// How the bound was used: a row of the histogram for each op and variant.
std::string render_histogram(const SweepResult& result);

/// 12345 -> "12.3k", 1234567 -> "1.23M".
std::string compact(std::int64_t count);

}  // namespace mlacheck
