#include "harness/sweep/counterexample.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "harness/checks/neighbours.hpp"
#include "harness/sweep/confirm.hpp"
#include "harness/sweep/row.hpp"
#include "harness/sweep/shrink.hpp"

namespace mlacheck {
namespace {

using Clock = std::chrono::steady_clock;

// A smaller case takes less time, so a tenth of the limit tells a hang well enough.
RunLimits shrink_limits(RunLimits limits, const Failing& failing) {
  if (failing.hung) limits.seconds = std::max(std::min(1.0, limits.seconds), limits.seconds / 10);
  return limits;
}

bool touches_pages(const Evidence& evidence) {
  return std::any_of(evidence.findings.begin(), evidence.findings.end(),
                     [](const Finding& finding) { return finding.kind == kPageKind; });
}

class Hunt {
 public:
  Hunt(const Row& row, CaseRunner& runner, const HuntOptions& options, Failing failing)
      : row_(row), runner_(runner), options_(options), failing_(std::move(failing)) {
    short_ = shrink_limits(options.limits, failing_);
  }

  Counterexample run(const Case& c, const CaseResult& result, const std::vector<Case>& earlier) {
    Counterexample found(c, result, failing_);
    // The harness's own errors, and cases in which nothing ran, are neither confirmed nor shrunk.
    if (!failing_.target && !died_or_hung(result)) return found;
    if (auto of_neighbour = own_failure_of_neighbour(result)) return *std::move(of_neighbour);
    if (const auto beside = wherever_the_operand_lies(c)) {
      const auto failing = new_failing(*beside, failing_.known);
      if (!failing) {
        found.known = true;
        return found;
      }
      failing_ = *failing;
      found.result = *beside;
    }
    // For a hang no earlier cases are tried: each try takes the whole time limit.
    const auto run_it = [this](const std::vector<Case>& cases) {
      runner_.refresh();
      return run_all(cases, narrowed(options_.battery, failing_), options_.limits);
    };
    const auto same = [this](const CaseResult& again) { return fails_so(failing_, again); };
    Confirmation confirmation =
        confirm(c, failing_.hung ? std::vector<Case>{} : earlier, run_it, same);
    if (!confirmation.result && failing_.target && !failing_.unit.empty()) {
      failing_.only_unit = true;
      confirmation = confirm(c, {}, run_it, same);
    }
    found.interrupted = stopped();
    found.confirmed = confirmation.result.has_value() || found.interrupted;
    if (!confirmation.result) return found;
    found.after = std::move(confirmation.after);
    found.result = std::move(*confirmation.result);
    follow(failing_, found.result);
    const Failing confirmed = failing_;
    if (options_.shrink) shrink_it(found, found.original);
    found.interrupted = stopped();
    if (!found.interrupted && options_.shrink && hangs_on_history()) {
      // Candidates that ran before may have left something in the process that hid a failure. So
      // the smallest case is shrunk again, each candidate in a fresh process.
      each_in_fresh_process_ = true;
      shrink_it(found, Case(found.smallest));
      each_in_fresh_process_ = false;
      found.interrupted = stopped();
    }
    if (!found.interrupted && !look_again(found)) {
      // The smallest case failed only after the candidates that ran before it in the process. So
      // it is shrunk once more, with a fresh process for each candidate.
      failing_ = confirmed;
      each_in_fresh_process_ = found.needs_fresh_process = true;
      if (!failing_.hung && options_.shrink) shrink_it(found, found.original);
      if (failing_.hung || !look_again(found)) {
        found.smallest = found.original;
        found.minimal = false;
      }
    }
    if (!found.interrupted && options_.shrink && found.minimal && met_by_another_check(confirmed)) {
      // K6 needs less of a case than K13 does.
      shrink_it(found, Case(found.smallest));
      found.minimal = look_again(found) && found.minimal;
    }
    found.failing = failing_;
    return found;
  }

 private:
  bool met_by_another_check(const Failing& before) const {
    return failing_.target && before.target &&
           failing_.target->signature.check != before.target->signature.check;
  }

  // In a process that has not met the case. Nothing if the neighbour is right there, or none is
  // what this is about.
  std::optional<Counterexample> own_failure_of_neighbour(const CaseResult& result) {
    std::optional<std::string> line;
    for (const Finding& finding : result.evidence.findings) {
      if (!line && failing_.target && failing_.target->met_by(finding)) {
        line = line_of_wrong_neighbour(finding);
      }
    }
    if (!line) return std::nullopt;
    const ParsedCase parsed = parse_case(*line, {&row_.model().schema()});
    const Case* const neighbour = std::get_if<Case>(&parsed);
    if (neighbour == nullptr) return std::nullopt;
    BatteryOptions values = options_.battery;
    values.effort = Effort::values;
    runner_.refresh();
    const CaseResult alone = runner_.run(row_, *neighbour, values, options_.limits);
    if (alone.verdict != Verdict::failed && !died_or_hung(alone)) return std::nullopt;
    const auto failing = new_failing(alone, failing_.known);
    Counterexample found = failing
                               ? Hunt(row_, runner_, options_, *failing).run(*neighbour, alone, {})
                               : Counterexample(*neighbour, alone);
    found.of_neighbour = true;
    found.known = !failing;
    return found;
  }

  // An access beside an operand that K13 met: K6 may meet it as well, without a wide offset.
  std::optional<CaseResult> wherever_the_operand_lies(const Case& c) {
    if (!failing_.target || failing_.target->signature.check != Check::width) return std::nullopt;
    if (failing_.target->signature.kind != kPageKind) return std::nullopt;
    BatteryOptions guard = options_.battery;
    guard.only = Check::guard;
    guard.only_unit.clear();
    runner_.refresh();
    CaseResult result = runner_.run(row_, c, guard, options_.limits);
    return touches_pages(result.evidence) ? std::optional(std::move(result)) : std::nullopt;
  }

  bool has_target(const CaseResult& result) const {
    const auto& findings = result.evidence.findings;
    return std::any_of(findings.begin(), findings.end(),
                       [this](const Finding& finding) { return failing_.target->met_by(finding); });
  }

  bool stopped() const { return options_.stop && options_.stop(); }

  // The result of the last case; those before it go through the whole battery.
  CaseResult run_all(const std::vector<Case>& cases, const BatteryOptions& last,
                     const RunLimits& limits) {
    const BatteryOptions whole = as_replayed(options_.battery, failing_);
    for (std::size_t i = 0; i + 1 < cases.size(); ++i) {
      runner_.run(row_, cases[i], whole, options_.limits);
    }
    return runner_.run(row_, cases.back(), last, limits);
  }

  bool still_fails(const Case& candidate, const std::vector<Case>& after) {
    if (!after.empty() || each_in_fresh_process_) runner_.refresh();
    std::vector<Case> cases = after;
    cases.push_back(candidate);
    const BatteryOptions battery = quick_ ? narrowed_further(options_.battery, failing_)
                                          : narrowed(options_.battery, failing_);
    const CaseResult result = run_all(cases, battery, short_);
    if (!fails_so(failing_, result)) return false;
    follow(failing_, result);
    return true;
  }

  bool hangs_on_history() const {
    return failing_.target && failing_.target->signature.check == Check::history && !failing_.hung;
  }

  void shrink_it(Counterexample& found, const Case& from) {
    constexpr int kSlow = 400;  // each of these runs costs seconds, or a process of its own
    const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                        std::chrono::duration<double>(options_.shrink_seconds));
    const bool one_process = found.after.empty() && !each_in_fresh_process_;
    ShrinkLimits limits;
    if (failing_.hung || !found.after.empty() || each_in_fresh_process_) limits.runs = kSlow;
    limits.out_of_time = [&] { return Clock::now() >= end || stopped(); };
    const auto go_on_from = [&](const Case& start) {
      const Shrunk shrunk = shrink(
          row_.model(), start,
          [&](const Case& candidate) { return still_fails(candidate, found.after); }, limits);
      found.smallest = shrunk.smallest;
      found.shrink_runs += shrunk.tried;
      found.minimal = shrunk.minimal;
    };
    // Most candidates pass, for which all has to be tried that could show the failure. So most of the way
    // is gone with what showed it, and the rest with all.
    const BatteryOptions further = narrowed_further(options_.battery, failing_);
    const bool saves_work = !further.thorough || further.only_width_unit;
    if (saves_work && one_process && !failing_.hung) {
      quick_ = true;
      go_on_from(from);
      quick_ = false;
      go_on_from(Case(found.smallest));
    } else {
      go_on_from(from);
    }
  }

  bool wants_last_checks() const {
    if (options_.last_checks || !failing_.target) return true;
    const Check check = failing_.target->signature.check;
    return check == Check::guard || check == Check::width;
  }

  // The whole battery on the smallest case, as the replay command will run it.
  // False if it does not fail then.
  bool look_again(Counterexample& found) {
    std::vector<Case> cases = found.after;
    cases.push_back(found.smallest);
    runner_.refresh();
    const BatteryOptions whole = as_replayed(options_.battery, failing_);
    CaseResult result = run_all(cases, whole, options_.limits);
    if (died_or_hung(result) && failing_.target) {
      // The process died, and its findings with it. The part of the battery that saw the failure
      // runs once more, to have them.
      runner_.refresh();
      CaseResult part = run_all(cases, narrowed(options_.battery, failing_), options_.limits);
      part.evidence.crash = result.evidence.crash;
      part.evidence.timeout = result.evidence.timeout;
      if (!has_target(part)) return false;
      part.verdict = decide(part.evidence);
      found.result = std::move(part);
      return true;
    }
    if (!died_or_hung(result) && found.after.empty() && !stopped() && wants_last_checks()) {
      add_last_checks(row_, found.smallest, runner_, whole, options_.limits, result);
    }
    if (!fails_so(failing_, result)) return false;
    follow(failing_, result);
    found.result = std::move(result);
    return true;
  }

  const Row& row_;
  CaseRunner& runner_;
  const HuntOptions& options_;
  Failing failing_;
  RunLimits short_;  // while it shrinks
  bool each_in_fresh_process_ = false;
  bool quick_ = false;  // candidates are run under narrowed_further()
};

}  // namespace

BatteryOptions as_replayed(const BatteryOptions& battery, const Failing& failing) {
  BatteryOptions options = battery;
  options.turn = 0;
  options.thorough = true;
  options.choices.clear();
  if (failing.choice) options.choices.push_back(*failing.choice);
  return options;
}

namespace {

// What K13 does takes longer than all else. Where it did not see the failure, it is left out.
std::optional<std::string> width_unit_of(const Failing& failing) {
  if (failing.unit.empty()) return std::nullopt;
  for (const CheckUnit& unit : check_units()) {
    const bool looks_for_width = std::ranges::count(unit.finds, Check::width) > 0;
    if (unit.name == failing.unit && looks_for_width) return failing.unit;
  }
  return "";
}

}  // namespace

BatteryOptions narrowed(const BatteryOptions& battery, const Failing& failing) {
  BatteryOptions options = as_replayed(battery, failing);
  if (!failing.target) {
    // Where failures are known, the first finding may be one of these, and the process end later.
    options.stop_at_first = failing.known.empty();
    return options;
  }
  options.until = failing.target;
  const Check check = failing.target->signature.check;
  if (has_own_units(check)) options.only = check;
  // A call that is refused, or fails, does so in the run that showed it. No other run is needed,
  // which matters for large cases. Of K13 only the part that failed says anything of the smaller case.
  const bool one_unit = check == Check::liveness || check == Check::width || failing.only_unit;
  if (one_unit) options.only_unit = failing.unit;
  return options;
}

BatteryOptions narrowed_further(const BatteryOptions& battery, const Failing& failing) {
  BatteryOptions options = narrowed(battery, failing);
  if (failing.choice) options.thorough = false;
  if (!options.only) options.only_width_unit = width_unit_of(failing);
  return options;
}

void add_last_checks(const Row& row, const Case& c, CaseRunner& runner,
                     const BatteryOptions& battery, const RunLimits& limits, CaseResult& result) {
  if (battery.effort == Effort::values || result.verdict != Verdict::failed) return;
  for (const Check check : {Check::guard, Check::width}) {
    if (std::find(result.checks.begin(), result.checks.end(), check) != result.checks.end()) {
      continue;
    }
    BatteryOptions alone = battery;
    alone.only = check;
    const CaseResult more = runner.run(row, c, alone, limits);
    for (const Check done : more.checks) {
      if (done == check) result.checks.push_back(done);
    }
    for (const Finding& finding : more.evidence.findings) {
      // A subject that touches memory beside an operand does so wherever the operand lies: K13 and
      // K6 then show the same defect.
      const bool known = finding.kind == kPageKind && touches_pages(result.evidence);
      if (finding.check == check && !known) result.evidence.findings.push_back(finding);
    }
  }
}

std::optional<Case> simpler_failure(const Row& row, const Counterexample& found, CaseRunner& runner,
                                    const HuntOptions& options) {
  const RunLimits limits = shrink_limits(options.limits, found.failing);
  const BatteryOptions battery = narrowed(options.battery, found.failing);
  for (const Case& candidate : admissible(row.model(), simpler_cases(found.smallest))) {
    if (options.stop && options.stop()) break;
    if (found.needs_fresh_process) runner.refresh();
    if (fails_so(found.failing, runner.run(row, candidate, battery, limits))) return candidate;
  }
  return std::nullopt;
}

Counterexample find_counterexample(const Row& row, const Case& c, const CaseResult& result,
                                   const Failing& failing, const std::vector<Case>& earlier,
                                   CaseRunner& runner, const HuntOptions& options) {
  return Hunt(row, runner, options, failing).run(c, result, earlier);
}

}  // namespace mlacheck
