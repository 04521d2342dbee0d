#include "harness/run/mutant_run.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "harness/run/mutant_selection.hpp"

namespace mlacheck {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kControlCases = 400;

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

// Number of the i-th case to try: some drawn ones, which are cheap and kill most; then the required
// ones; then more drawn ones.
std::int64_t place_of(std::int64_t i, std::int64_t required) {
  constexpr std::int64_t kFirst = 200;
  if (i < kFirst) return required + i;
  return i < kFirst + required ? i - kFirst : i;
}

MutantResult hunt(const Mutant& mutant, const MutantOptions& options,
                  const std::vector<std::unique_ptr<Backend>>& backends, CaseRunner& runner) {
  MutantResult result;
  result.mutant = mutant;
  const SweepRow row = row_of(mutant, backends);
  const CaseSource source(row, options.seed);
  const auto start = Clock::now();
  for (std::int64_t i = 0; i < options.cases && since(start) < options.seconds; ++i) {
    const Case c = source.case_number(place_of(i, source.required()));
    ++result.cases;
    const CaseResult answer = runner.run(row, c, {}, {options.case_seconds});
    if (answer.verdict == Verdict::error) {
      result.error = answer.evidence.harness_error;
      break;
    }
    note_all(result, answer.evidence, c);
    if (result.main_fired()) break;
    if (mutant.is_control && (result.killed() || result.cases == kControlCases)) break;
  }
  result.seconds = since(start);
  return result;
}

}  // namespace

bool MutantResult::main_fired() const {
  return !mutant.checks.empty() && fired.count(mutant.checks.front()) > 0;
}

bool MutantResult::as_expected() const {
  if (!error.empty()) return false;
  return mutant.is_control ? !killed() && cases > 0 : main_fired();
}

std::vector<MutantResult> run_mutants(const std::vector<Mutant>& mutants,
                                      const MutantOptions& options,
                                      const std::function<void(const MutantResult&)>& progress) {
  const auto backends = make_backends();
  std::vector<const Mutant*> wanted;
  for (const std::string& id : options.only) {
    wanted.push_back(&mutant_named(mutants, id));
  }
  if (options.only.empty()) {
    for (const Mutant& mutant : mutants) wanted.push_back(&mutant);
  }
  std::vector<MutantResult> results(wanted.size());
  std::atomic<std::size_t> next{0};
  std::mutex reporting;
  const auto labour = [&] {
    const std::unique_ptr<CaseRunner> runner = options.make_runner();
    for (std::size_t i = next++; i < wanted.size(); i = next++) {
      results[i] = hunt(*wanted[i], options, backends, *runner);
      const std::lock_guard<std::mutex> lock(reporting);
      if (progress) progress(results[i]);
    }
  };
  std::vector<std::thread> threads;
  for (unsigned job = 1; job < options.jobs; ++job) threads.emplace_back(labour);
  labour();
  for (std::thread& thread : threads) thread.join();
  return results;
}

}  // namespace mlacheck
