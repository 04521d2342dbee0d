// A sweep: many cases of every op, variant and backend, in rounds until the time or the number of
// cases is spent.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/sweep/battery.hpp"
#include "harness/sweep/case_runner.hpp"
#include "harness/sweep/counterexample.hpp"
#include "harness/sweep/coverage.hpp"
#include "harness/sweep/reason_counts.hpp"

namespace mlacheck {

struct SweepOptions {
  std::vector<std::string> ops;  ///< empty: all; likewise below
  std::vector<std::string> backends;
  std::vector<std::string> variants;
  std::vector<std::string> without;  ///< variants to leave out
  std::vector<std::string> origins;  ///< plug-ins; empty: bundled subjects too
  double seconds = 60;               ///< used without `cases`; required cases always run
  /// For each row the cases 0 to cases - 1, but never fewer than its required ones. Nothing: as
  /// many as there is time for.
  std::optional<std::int64_t> cases;
  std::uint64_t seed = 0;
  unsigned jobs = 1;  ///< host threads
  bool shrink = true;
  double shrink_seconds = 60;     ///< for one counterexample
  std::int64_t max_failures = 8;  ///< counterexamples of a row, after which it ends; 0: no limit
  BatteryOptions battery{};
  RunLimits limits{};
  /// One for each host thread, and one for each device that is not concurrent. Empty: cases run in
  /// this process.
  MakeRunner make_runner;
};

struct CheckCount {
  std::int64_t cases = 0;
  std::int64_t failed = 0;
};

/// One op, variant and backend.
struct SweepRow {
  const OpEntry* op = nullptr;
  const SubjectTable* table = nullptr;  ///< that holds the subject
  Subject subject;
  std::string backend;
  std::string device;
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
  std::string ended;                       ///< why the row ended before its last case; or empty

  /// Of the row as a whole: the worst of its cases, SKIPPED only if nothing ran; MISTRUSTED if
  /// nothing failed but there were cases enough and they left a part of the configuration out
  /// (K17). Never PASSED with a counterexample.
  Verdict verdict() const;
};

struct SweepProgress {
  double elapsed_seconds = 0;
  std::int64_t cases = 0;
  double share = 0;  ///< of the work, from 0 to 1
  std::int64_t failures = 0;
  bool shrinking = false;
};

struct SweepResult {
  std::uint64_t seed = 0;
  double seconds = 0;
  std::vector<SweepRow> rows;
  std::string error;       ///< what ended the sweep before its time; or empty
  int interrupted_by = 0;  ///< signal; or 0

  Tally cases() const;      ///< verdicts of all cases
  Verdict verdict() const;  ///< the worst of the rows', ERROR if there is an error
};

/// Who is told while a sweep runs. Called from its threads, never from two at once.
struct SweepListener {
  std::function<void(const SweepProgress&)> progress;  ///< about twice a second
  /// A counterexample, as soon as it is shrunk. `row` counts in the result's rows.
  std::function<void(std::size_t row, const SweepRow&, const Counterexample&)> failure;
  std::function<void(std::size_t row)> row_ended;
};

/// The report is a function of seed, cases and subjects: with several jobs a row's cases are still
/// accounted for one after the other, and what is reported of a failure is its lowest-numbered
/// case. Time decides only how many cases run. An exception in any thread ends the sweep and is in
/// the result. Throws std::invalid_argument naming an op, backend or variant that does not exist.
SweepResult sweep(const SweepOptions& options, const SweepListener& listener);

/// Cases that a row runs at least and, where `cases` is given, at most.
std::int64_t cases_of(const SweepRow& row, const SweepOptions& options);

/// K17 over a finished row, into its checks. sweep() has done it.
void judge_configuration(SweepRow& row);

/// Rows that match the options, nothing run: for `list` and `replay`.
std::vector<SweepRow> select_rows(const SweepOptions& options,
                                  const std::vector<std::unique_ptr<Backend>>& backends);

/// The backend of that name; throws std::logic_error if there is none.
Backend& backend_named(const std::vector<std::unique_ptr<Backend>>& backends,
                       const std::string& name);

/// Empty, or why the row cannot run on this machine.
std::string reason_to_skip(const SweepRow& row, const Backend& backend);

/// The cases of a row by number: required ones first, then drawn ones, the same for every variant
/// and backend of an op.
class CaseSource {
 public:
  CaseSource(const SweepRow& row, std::uint64_t seed);
  std::int64_t required() const { return static_cast<std::int64_t>(required_.size()); }
  Case case_number(std::int64_t number) const;

 private:
  const OpModel* model_;
  std::vector<Case> required_;
  const std::vector<Tile>* tiles_;
  std::uint64_t seed_;
  std::uint64_t stream_;
};

/// The subject that `row.subject` must agree with; null for a baseline.
const Subject* baseline_of(const SweepRow& row);

/// Tiles of the kernels behind the row.
const std::vector<Tile>& tiles_of(const SweepRow& row);

}  // namespace mlacheck
