#include "harness/study/mutant_run.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "harness/checks/battery.hpp"
#include "harness/environment/interrupt.hpp"
#include "harness/study/mutant_selection.hpp"
#include "harness/sweep/case_source.hpp"
#include "harness/sweep/confirm.hpp"
#include "harness/sweep/counterexample.hpp"
#include "harness/sweep/row.hpp"

namespace mlacheck {
namespace {

using Clock = std::chrono::steady_clock;

bool stopped() { return interrupted_by() != 0; }

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void note(MutantResult& result, const std::string& check, const Case& c) {
  result.fired.emplace(check, c.line());
  if (!result.killer.empty()) return;
  result.killer = check;
  result.killing_case = c.line();
  result.cases_to_kill = result.cases;
}

void note_all(MutantResult& result, const Evidence& evidence, const Case& c) {
  if (!evidence.crash.empty()) note(result, "crash", c);
  if (!evidence.timeout.empty()) note(result, "K16", c);
  for (const Finding& finding : evidence.findings) {
    note(result, std::string(name_of(finding.check)), c);
  }
}

constexpr std::int64_t kFirst = 200;

// Number of the i-th case to try: some drawn ones, which are cheap and kill most; then the required
// ones; then more drawn ones.
std::int64_t place_of(std::int64_t i, std::int64_t required) {
  if (i < kFirst) return required + i;
  return i < kFirst + required ? i - kFirst : i;
}

// The mutant's main check, where it has units of its own.
std::optional<Check> main_check(const Mutant& mutant) {
  if (mutant.checks.empty()) return std::nullopt;
  for (const CheckUnit& unit : check_units()) {
    for (const Check check : unit.finds) {
      if (name_of(check) == mutant.checks.front()) return check;
    }
  }
  return std::nullopt;
}

// Those that take longest come first, or one of them ends alone: K13 has large cases, and what K8
// finds has a fresh process for each smaller case.
bool takes_long(const Mutant* mutant) {
  const std::optional<Check> main = main_check(*mutant);
  return main == Check::width || main == Check::history;
}

// Whether the variant that the mutant was made from carries the case out.
bool original_takes(const Mutant& mutant, const Case& c, const MutantOptions& options,
                    const std::vector<std::unique_ptr<Backend>>& backends, CaseRunner& runner) {
  Mutant original = mutant;
  original.id = mutant.variant;
  BatteryOptions battery;
  battery.effort = Effort::values;
  const CaseResult answer =
      runner.run(row_of(original, backends), c, battery, {options.case_seconds});
  return answer.verdict != Verdict::skipped;
}

// A case that killed the mutant, and those that ran before it.
struct Killing {
  Case c;
  CaseResult answer;
  std::vector<Case> earlier;
};

HuntOptions hunt_options(const MutantOptions& options) {
  HuntOptions hunt;
  hunt.limits.seconds = options.case_seconds;
  hunt.shrink_seconds = options.shrink_seconds;
  hunt.stop = stopped;
  hunt.last_checks = false;
  return hunt;
}

// Goes on from a simpler case that fails although shrinking stopped before it: of a subject that keeps
// something between calls, the cases tried on the way may have hidden that. Nothing if it passes in a
// fresh process.
std::optional<Counterexample> go_on_from(const Case& simpler, const Row& row,
                                         const MutantOptions& options, CaseRunner& runner) {
  runner.refresh();
  const CaseResult answer = runner.run(row, simpler, {}, {options.case_seconds});
  const auto failing = new_failing(answer, {});
  if (!failing) return std::nullopt;
  return find_counterexample(row, simpler, answer, *failing, {}, runner, hunt_options(options));
}

// Shrinks the killing case as a sweep would, and tries everything that is one step simpler. False if it
// passes in a fresh process: what lay in memory made it fail.
bool look_for_simpler(MutantResult& result, const Row& row, const Killing& killing,
                      const MutantOptions& options, CaseRunner& runner) {
  const auto failing = new_failing(killing.answer, {});
  if (!failing) return true;
  const HuntOptions hunt = hunt_options(options);
  Counterexample found =
      find_counterexample(row, killing.c, killing.answer, *failing, killing.earlier, runner, hunt);
  constexpr int kRounds = 3;
  for (int round = 1;; ++round) {
    result.smallest = found.smallest.line();
    if (!found.confirmed) {
      result.not_minimal = "it passed in a fresh process";
      return false;
    }
    if (!found.minimal) {
      result.not_minimal = "shrinking stopped at its limit";
      return true;
    }
    result.not_minimal.clear();
    const auto simpler = simpler_failure(row, found, runner, hunt);
    if (!simpler) return true;
    result.not_minimal = simpler->line() + " fails, too";
    if (round == kRounds) return true;
    auto further = go_on_from(*simpler, row, options, runner);
    if (!further) return true;
    found = *std::move(further);
  }
}

// Whether the case that killed the mutant before does so again, by its main check.
bool is_killed_as_known(MutantResult& result, const Row& row, const KnownKill& kill,
                        const MutantOptions& options, CaseRunner& runner) {
  const ParsedCase parsed = parse_case(kill.line, {&row.op->model->schema()});
  const Case* const c = std::get_if<Case>(&parsed);
  if (c == nullptr) return false;
  MutantResult known = result;
  known.cases = 1;
  BatteryOptions battery;
  battery.turn = kill.turn;
  const CaseResult answer = runner.run(row, *c, battery, {options.case_seconds});
  note_all(known, answer.evidence, *c);
  if (!known.main_fired() || !answer.evidence.harness_error.empty()) return false;
  known.main_kill = kill;
  known.as_known = true;
  result = std::move(known);
  return true;
}

// Tells nothing if it was stopped.
MutantResult hunt(const Mutant& mutant, const MutantOptions& options,
                  const std::vector<std::unique_ptr<Backend>>& backends, CaseRunner& runner) {
  MutantResult result;
  result.mutant = mutant;
  const Row row = row_of(mutant, backends);
  result.skipped = reason_to_skip(row, backend_named(backends, row.backend));
  if (!result.skipped.empty()) return result;
  const CaseSource source(row, options.seed);
  const std::optional<Check> main = mutant.is_control ? std::nullopt : main_check(mutant);
  const auto start = Clock::now();
  const KnownKill* const known = mutant.is_control ? nullptr : options.known.of(mutant.id);
  if (known != nullptr && is_killed_as_known(result, row, *known, options, runner)) {
    result.seconds = since(start);
    return result;
  }
  std::vector<Killing> killings;  // the first, and the one that the main check found
  std::vector<Case> earlier;      // before the next one, the latest last
  std::int64_t carried_out = 0;   // of them
  std::string reason;             // why the last one was not
  for (std::int64_t i = 0; i < options.cases && since(start) < options.seconds && !stopped(); ++i) {
    const Case c = source.case_number(place_of(i, source.required()));
    ++result.cases;
    BatteryOptions battery;
    battery.turn = i;
    // What many cases of the whole battery have not shown waits for a rare turn of its main check.
    if (i >= kFirst + source.required()) battery.only = main;
    CaseResult answer = runner.run(row, c, battery, {options.case_seconds});
    carried_out += static_cast<int>(answer.verdict != Verdict::skipped);
    if (carried_out == 0) reason = answer.evidence.skip_reason;
    if (answer.verdict == Verdict::error) {
      result.error = answer.evidence.harness_error;
      break;
    }
    note_all(result, answer.evidence, c);
    const bool declined = answer.verdict == Verdict::skipped;
    if (declined && original_takes(mutant, c, options, backends, runner)) {
      note(result, "K16", c);
    } else if (!declined && (killings.empty() ? result.killed() : result.main_fired())) {
      killings.push_back({c, std::move(answer), earlier});
    }
    earlier.push_back(c);
    if (earlier.size() > kRemembered) earlier.erase(earlier.begin());
    if (result.main_fired()) {
      result.main_kill = {c.line(), i};
      break;
    }
    if (mutant.is_control && (result.killed() || carried_out == options.control_cases)) break;
  }
  // After a device failure all cases are skipped. That is no survival.
  if (carried_out == 0 && !result.killed() && result.error.empty() && result.cases > 0) {
    result.error = "no case was carried out: " + reason;
  }
  if (!mutant.is_control && !result.any_check_will_do()) {
    for (const Killing& killing : killings) {
      if (look_for_simpler(result, row, killing, options, runner)) break;
    }
  }
  result.seconds = since(start);
  return result;
}

}  // namespace

std::string MutantResult::checks_fired() const {
  std::string text;
  for (const auto& [check, line] : fired) text += (text.empty() ? "" : " ") + check;
  return text;
}

bool MutantResult::any_check_will_do() const {
  return !mutant.checks.empty() && mutant.checks.front() == "any";
}

bool MutantResult::main_fired() const {
  if (any_check_will_do()) return killed();
  return !mutant.checks.empty() && fired.count(mutant.checks.front()) > 0;
}

bool MutantResult::as_expected() const {
  if (!error.empty()) return false;
  if (mutant.is_control) return !killed() && (cases > 0 || !skipped.empty());
  return main_fired() && case_is_as_expected();
}

std::vector<MutantResult> run_mutants(const std::vector<Mutant>& mutants,
                                      const MutantOptions& options,
                                      const std::function<void(const MutantResult&)>& progress) {
  const auto backends = make_backends();
  std::vector<const Mutant*> wanted;
  for (const std::string& id : options.only) {
    static_cast<void>(mutant_named(mutants, id));  // refuses one that does not exist
    for (const Mutant& mutant : mutants) {
      if (mutant.id == id) wanted.push_back(&mutant);
    }
  }
  if (options.only.empty()) {
    for (const Mutant& mutant : mutants) wanted.push_back(&mutant);
  }
  std::erase_if(wanted, [](const Mutant* mutant) { return !is_for_battery(*mutant); });
  if (options.only.empty()) std::ranges::stable_partition(wanted, takes_long);
  std::vector<std::optional<MutantResult>> results(wanted.size());
  std::atomic<std::size_t> next{0};
  std::mutex reporting;
  std::exception_ptr failure;
  const auto labour = [&] {
    try {
      const std::unique_ptr<CaseRunner> runner = options.make_runner();
      for (std::size_t i = next++; i < wanted.size(); i = next++) {
        // What one mutant leaves on a device, such as work on another stream, must not affect the
        // next.
        if (!wanted[i]->backend.starts_with("cpu.")) runner->refresh();
        MutantResult result = hunt(*wanted[i], options, backends, *runner);
        if (stopped()) return;
        const std::lock_guard<std::mutex> lock(reporting);
        results[i] = std::move(result);
        if (progress) progress(*results[i]);
      }
    } catch (...) {
      const std::lock_guard<std::mutex> lock(reporting);
      if (!failure) failure = std::current_exception();
      next = wanted.size();
    }
  };
  {
    std::vector<std::jthread> threads;
    for (unsigned job = 1; job < options.jobs; ++job) threads.emplace_back(labour);
    labour();
  }
  if (failure) std::rethrow_exception(failure);
  std::vector<MutantResult> found;
  for (std::optional<MutantResult>& result : results) {
    if (result) found.push_back(*std::move(result));
  }
  return found;
}

}  // namespace mlacheck
