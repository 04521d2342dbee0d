// A sweep: many cases of every op, variant and backend, in rounds until the time or the number of
// cases is spent.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/run/battery.hpp"
#include "harness/run/case_runner.hpp"
#include "harness/run/matrix.hpp"

namespace mlacheck {

struct SweepOptions {
  std::vector<std::string> ops;  ///< empty: all; likewise below
  std::vector<std::string> backends;
  std::vector<std::string> variants;
  std::vector<std::string> without;  ///< variants to leave out
  std::vector<std::string> origins;  ///< plug-ins; empty: bundled subjects too
  double seconds = 60;               ///< used when `cases` is 0; required cases always run
  std::int64_t cases = 0;            ///< for each row
  std::uint64_t seed = 0;
  unsigned jobs = 1;  ///< host threads
  bool shrink = true;
  BatteryOptions battery{};
  RunLimits limits{};
  /// One for each host thread, and one for each device that is not concurrent. Empty: cases run in
  /// this process.
  MakeRunner make_runner;
};

struct Failure {
  Case original;
  Case smallest;
  int shrink_runs;
  CaseResult result;  ///< of the smallest case
  /// Cases that must run before it in the same process, or it passes.
  std::vector<Case> after;
  bool confirmed = true;  ///< it failed again, in a fresh process
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
  Tally tally;
  std::map<Check, CheckCount> checks;
  double worst_ratio = 0;
  RatioHistogram ratios{};
  std::string rule;                           ///< of the last case with an inexact bound
  std::map<std::string, std::int64_t> skips;  ///< reason, cases
  Matrix matrix;                              ///< what the cases reached
  std::vector<Failure> failures;              ///< at most one: a row stops at its first failure

  /// Of the row as a whole: SKIPPED only if nothing ran; MISTRUSTED if nothing failed but there
  /// were cases enough and they left a part of the configuration out (K17).
  Verdict verdict() const { return tally.overall(); }
};

struct SweepProgress {
  double elapsed_seconds = 0;
  std::int64_t cases = 0;
  std::int64_t failed_rows = 0;
};

struct SweepResult {
  std::uint64_t seed = 0;
  double seconds = 0;
  std::vector<SweepRow> rows;
  Tally tally;
};

/// `progress` is called about twice a second from one of the threads, never from two at once.
/// Throws std::invalid_argument naming an op, backend or variant that does not exist.
SweepResult sweep(const SweepOptions& options,
                  const std::function<void(const SweepProgress&)>& progress);

/// K17 over a finished row, into its checks and its tally. sweep() has done it.
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
