// From a case that failed in a sweep to what a report shows of it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/sweep/case_runner.hpp"
#include "harness/sweep/failing.hpp"

namespace mlacheck {

/// How a counterexample is looked for.
struct HuntOptions {
  BatteryOptions battery{};
  RunLimits limits{};
  bool shrink = true;
  /// K6 and K13 on the smallest case, too, where it fails in another way: for what a report shows.
  bool last_checks = true;
  double shrink_seconds = 60;  ///< for one counterexample; the way stops there, wherever it is
  /// True once a signal has asked to stop. Empty: never.
  std::function<bool()> stop;
};

struct Counterexample {
  Counterexample(const Case& c, CaseResult the_result, Failing the_failing = {})
      : original(c), smallest(c), result(std::move(the_result)), failing(std::move(the_failing)) {}

  Case original;
  Case smallest;
  int shrink_runs = 0;
  /// Nothing simpler fails in the same way; false if a limit came first.
  bool minimal = false;
  CaseResult result;  ///< of the smallest case
  Failing failing;    ///< what was looked for on the way
  /// Cases that must run before it in the same process, or it passes.
  std::vector<Case> after;
  bool confirmed = true;  ///< it failed again, in a fresh process
  /// What fails depends on what ran before in the process, so each candidate had one of its own.
  bool needs_fresh_process = false;
  /// K8 found a neighbour wrong, and it is wrong by itself: this is its own failure.
  bool of_neighbour = false;
  bool known = false;        ///< and another counterexample shows that already
  bool interrupted = false;  ///< stopped by a signal before that, or before it was shrunk
};

/// Confirms that `c` fails in a fresh process, by itself or after some of the `earlier` cases of
/// its row; then shrinks it; then runs the whole battery once on the smallest case, K6 and K13
/// included, which a battery leaves out once it has found something.
Counterexample find_counterexample(const Row& row, const Case& c, const CaseResult& result,
                                   const Failing& failing, const std::vector<Case>& earlier,
                                   CaseRunner& runner, const HuntOptions& options);

/// One of the simpler_cases() of the smallest case that fails in the same way, where there ought to
/// be none. Those that `options.stop` leaves are not tried.
std::optional<Case> simpler_failure(const Row& row, const Counterexample& found, CaseRunner& runner,
                                    const HuntOptions& options);

/// K13 and K6 for a case that FAILED: they may end the process, so that a battery leaves them out
/// once it has found something. Their findings are added to `result`.
void add_last_checks(const Row& row, const Case& c, CaseRunner& runner,
                     const BatteryOptions& battery, const RunLimits& limits, CaseResult& result);

/// The options under which candidates are run: no more of the battery than what can show the
/// failure.
BatteryOptions narrowed(const BatteryOptions& battery, const Failing& failing);

/// The same without other alternatives than the one that showed the failure, and of K13 without other
/// parts: for most of the way.
BatteryOptions narrowed_further(const BatteryOptions& battery, const Failing& failing);

/// The options of the report's replay command: the whole battery, thoroughly, with the alternatives
/// that the findings name.
BatteryOptions as_replayed(const BatteryOptions& battery, const Failing& failing);

}  // namespace mlacheck
