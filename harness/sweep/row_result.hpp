// What came out of a row of a sweep.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/compare/compare.hpp"
#include "harness/sweep/counterexample.hpp"
#include "harness/sweep/coverage.hpp"
#include "harness/sweep/reason_counts.hpp"
#include "harness/sweep/row.hpp"
#include "harness/verdict/verdict.hpp"

namespace mlacheck {

struct CheckCount {
  std::int64_t cases = 0;
  std::int64_t failed = 0;
};

struct RowResult {
  Row row;
  Tally tally;                        ///< of its cases
  std::int64_t drawn_and_passed = 0;  ///< cases that passed, the required ones not counted
  std::map<Check, CheckCount> checks;
  double worst_ratio = 0;
  RatioHistogram ratios{};
  std::string rule;         ///< of the last case with an inexact bound
  std::string unavailable;  ///< why none of its cases could run on this machine; or empty
  ReasonCounts skips;       ///< of skipped cases
  std::map<Check, ReasonCounts> left_out;  ///< why a check was not carried out, though it applies
  Coverage coverage;                       ///< what the cases reached
  std::vector<Counterexample> failures;    ///< one for each distinct signature
  std::vector<std::int64_t> known_met;     ///< cases with each known finding
  std::string ended;                       ///< why the row ended before its last case; or empty

  RowResult() = default;
  explicit RowResult(Row of);

  /// Of the row as a whole: the worst of its cases, SKIPPED only if nothing ran; MISTRUSTED if
  /// nothing failed but there were cases enough and they left a part of the configuration out
  /// (K17). Never PASSED with a counterexample.
  Verdict verdict() const;
};

/// K17 over a finished row, into its checks.
void judge_configuration(RowResult& result);

}  // namespace mlacheck
