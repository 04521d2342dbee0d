// A sweep: many cases of every op, variant and backend, in rounds until the time or the number of
// cases is spent.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/sweep/case_runner.hpp"
#include "harness/sweep/known.hpp"
#include "harness/sweep/row_result.hpp"

namespace mlacheck {

struct SweepOptions {
  Selection select;
  double seconds = 60;  ///< used without `cases`; required cases always run
  /// For each row the cases 0 to cases - 1, but never fewer than its required ones. Nothing: as
  /// many as there is time for.
  std::optional<std::int64_t> cases;
  /// Cases of one op, the one that is selected, in place of the required and the drawn ones; empty:
  /// those. K17 has no say on them.
  std::vector<Case> listed;
  /// Findings that are counted, and fail nothing.
  std::vector<KnownFinding> known;
  std::uint64_t seed = 0;
  /// Number of each row's first case: what comes before is left to another sweep. Past 0 K17 has no say.
  std::int64_t first_case = 0;
  unsigned jobs = 1;  ///< host threads
  bool shrink = true;
  double shrink_seconds = 60;     ///< for one counterexample
  std::int64_t max_failures = 8;  ///< counterexamples of a row, after which it ends; 0: no limit
  BatteryOptions battery{};
  RunLimits limits{};
  /// One for each host thread, and one for each device that is not concurrent. Empty: cases run in
  /// this process.
  MakeRunner make_runner;

  /// Whether the number of cases is known, in place of a time.
  bool counts_cases() const { return cases.has_value() || !listed.empty(); }
};

struct SweepProgress {
  double elapsed_seconds = 0;
  std::int64_t cases = 0;
  double share = 0;  ///< of the work, from 0 to 1
  std::int64_t failures = 0;
  bool shrinking = false;
};

struct SweepResult {
  std::optional<std::uint64_t> seed;  ///< of the drawn cases; nothing where none were drawn
  double seconds = 0;
  std::vector<RowResult> rows;
  std::vector<KnownFinding> known;  ///< what the options named
  std::string error;                ///< what ended the sweep before its time; or empty
  int interrupted_by = 0;           ///< signal; or 0

  Tally cases() const;      ///< verdicts of all cases
  Verdict verdict() const;  ///< the worst of the rows', ERROR if there is an error
};

/// Who is told while a sweep runs. Called from its threads, never from two at once.
struct SweepListener {
  std::function<void(const SweepProgress&)> progress;  ///< about twice a second
  /// A counterexample, as soon as it is shrunk. `row` counts in the result's rows.
  std::function<void(std::size_t row, const RowResult&, const Counterexample&)> failure;
  std::function<void(std::size_t row)> row_ended;
};

/// The report is a function of seed, cases and subjects: with several jobs a row's cases are still
/// accounted for one after the other, and what is reported of a failure is its lowest-numbered
/// case. Time decides only how many cases run. An exception in any thread ends the sweep and is in
/// the result. Throws std::invalid_argument naming an op, backend or variant that does not exist.
SweepResult sweep(const SweepOptions& options, const SweepListener& listener);

/// The same for rows that were selected before; `backends` are those that they are for.
SweepResult sweep(const std::vector<Row>& rows,
                  const std::vector<std::unique_ptr<Backend>>& backends,
                  const SweepOptions& options, const SweepListener& listener);

/// Cases that a row runs at least and, where `cases` is given, at most.
std::int64_t cases_of(const Row& row, const SweepOptions& options);

}  // namespace mlacheck
