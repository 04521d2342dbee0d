#include "harness/sweep/row_work.hpp"

#include <algorithm>
#include <utility>

#include "harness/checks/neighbours.hpp"
#include "harness/sweep/confirm.hpp"
#include "harness/sweep/known.hpp"

namespace mlacheck {
namespace {

// Cases that other threads may run while one is being shrunk.
constexpr std::size_t kMostAhead = 4096;

// A hang costs its whole time limit, and a third one would show nothing new.
constexpr std::int64_t kMostHangs = 2;

void count_findings(RowResult& row, const CaseResult& result) {
  for (const Check check : result.checks) ++row.checks[check].cases;
  std::vector<Check> failed;
  for (const Finding& finding : result.evidence.findings) {
    if (std::find(failed.begin(), failed.end(), finding.check) != failed.end()) continue;
    failed.push_back(finding.check);
    CheckCount& count = row.checks[finding.check];
    ++count.failed;
    count.cases = std::max(count.cases, count.failed);
  }
}

}  // namespace

RowWork::RowWork(RowResult& result, Backend& backend, const SweepOptions& options)
    : result_(result),
      backend_(backend),
      options_(options),
      source_(result.row, options.seed, options.listed),
      next_(options.first_case),
      frontier_(options.first_case) {
  // Throws for an unknown baseline, before anything runs.
  static_cast<void>(baseline_of(result.row));
  result_.unavailable = reason_to_skip(result.row, backend);
  result_.known_met.resize(options.known.size());
  ended_ = !result_.unavailable.empty();
}

RowWork::Step RowWork::step(bool out_of_time, CaseRunner& runner, const std::function<bool()>& stop,
                            const std::function<void(const Counterexample&)>& found) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (ended_) return Step::ended;
  if (pending_ && !shrinking_) {
    shrinking_ = true;
    lock.unlock();
    hunt(runner, stop, found);
    return Step::worked;
  }
  if (stop() || !may_start(out_of_time)) {
    if (running_ > 0 || shrinking_) return Step::waits;
    ended_ = true;
    return Step::ended;
  }
  if (done_.size() >= kMostAhead) return Step::waits;
  const std::int64_t number = next_++;
  ++running_;
  lock.unlock();

  Case c = source_.case_number(number);
  BatteryOptions battery = options_.battery;
  battery.turn = number;
  CaseResult result;
  try {
    result = runner.run(result_.row, c, battery, options_.limits);
  } catch (...) {
    lock.lock();
    --running_;
    ended_ = true;
    throw;
  }

  lock.lock();
  --running_;
  // A case that was broken off tells nothing.
  if (result.interrupted || ended_) return ended_ ? Step::ended : Step::worked;
  done_.emplace(number, Done{std::move(c), std::move(result)});
  advance();
  return Step::worked;
}

bool RowWork::may_start(bool out_of_time) const {
  if (options_.counts_cases()) return next_ < cases_of(result_.row, options_);
  return !out_of_time || next_ < source_.required();
}

void RowWork::advance() {
  while (!pending_ && !ended_) {
    const auto at = done_.find(frontier_);
    if (at == done_.end()) return;
    Done done = std::move(at->second);
    done_.erase(at);
    forgive(done.result, result_.row, options_.known, result_.known_met);
    account(done.c, done.result, frontier_);
    if (is_failure(done.result.verdict)) {
      hung_ += done.result.verdict == Verdict::timed_out ? 1 : 0;
      if (auto failing = new_failing(done.result, known_)) {
        pending_ = Pending{frontier_, done.c, done.result, *std::move(failing)};
      } else if (hung_ >= kMostHangs) {
        end("it hung " + std::to_string(hung_) + " times");
      }
    }
    ++frontier_;
  }
}

void RowWork::account(const Case& c, const CaseResult& result, std::int64_t number) {
  result_.tally.add(result.verdict);
  if (result.verdict == Verdict::passed && number >= source_.required()) ++result_.drawn_and_passed;
  result_.coverage.note(c, result.verdict == Verdict::skipped);
  if (result_.row.claimed) result_.coverage.excuse(source_.before_domain(number), c);
  if (result.verdict == Verdict::skipped) result_.skips.add(result.evidence.skip_reason);
  for (const LeftOut& left_out : result.evidence.left_out) {
    result_.left_out[left_out.check].add(left_out.reason);
  }
  count_findings(result_, result);
  result_.worst_ratio = std::max(result_.worst_ratio, result.worst_ratio);
  for (std::size_t bin = 0; bin < result.ratios.size(); ++bin) {
    result_.ratios[bin] += result.ratios[bin];
  }
  if (!result.rule.empty() && (result_.rule.empty() || result.worst_ratio > 0)) {
    result_.rule = result.rule;
  }
}

void RowWork::hunt(CaseRunner& runner, const std::function<bool()>& stop,
                   const std::function<void(const Counterexample&)>& found) {
  const Pending& failure = *pending_;  // no other thread changes it while shrinking_ is set
  HuntOptions options;
  options.battery = options_.battery;
  options.limits = options_.limits;
  options.shrink = options_.shrink;
  options.shrink_seconds = options_.shrink_seconds;
  options.stop = stop;
  std::optional<Counterexample> counterexample;
  try {
    counterexample = find_counterexample(result_.row, failure.c, failure.result, failure.failing,
                                         cases_before(failure.number), runner, options);
  } catch (...) {
    const std::lock_guard<std::mutex> lock(mutex_);
    shrinking_ = false;
    ended_ = true;
    throw;
  }
  found(*counterexample);
  const std::lock_guard<std::mutex> lock(mutex_);
  shrinking_ = false;
  enter(*std::move(counterexample));
}

void RowWork::enter(Counterexample found) {
  // These signatures are known from now on: the failure itself, and all that its smallest case shows.
  std::vector<Signature> shown = signatures_of(pending_->result);
  if (pending_->failing.target) shown = {pending_->failing.target->signature};
  if (found.of_neighbour) {
    // The failure that K8 saw is that of the neighbour. This case may still have one of its own.
    shown.clear();
    std::erase_if(pending_->result.evidence.findings, [](const Finding& finding) {
      return line_of_wrong_neighbour(finding).has_value();
    });
  }
  for (Signature& signature : signatures_of(found.result)) shown.push_back(std::move(signature));
  for (Signature& signature : shown) {
    if (std::find(known_.begin(), known_.end(), signature) == known_.end()) {
      known_.push_back(std::move(signature));
    }
  }
  // The case that it came from may show more than one failure.
  std::optional<Failing> another;
  if (!found.of_neighbour || !pending_->result.evidence.findings.empty()) {
    another = new_failing(pending_->result, known_);
  }
  if (!found.known) result_.failures.push_back(std::move(found));
  const auto shown_count = static_cast<std::int64_t>(result_.failures.size());
  if (options_.max_failures > 0 && shown_count >= options_.max_failures) {
    const bool one = shown_count == 1;
    end("it has " + std::to_string(shown_count) + (one ? " counterexample" : " counterexamples") +
        " (--max-failures)");
  } else if (hung_ >= kMostHangs) {
    end("it hung " + std::to_string(hung_) + " times");
  }
  if (another && !ended_) {
    pending_->failing = *std::move(another);
    return;
  }
  pending_.reset();
  advance();
}

void RowWork::end(std::string why) {
  result_.ended = std::move(why);
  ended_ = true;
}

std::vector<Case> RowWork::cases_before(std::int64_t number) const {
  std::vector<Case> cases;
  const auto remembered = static_cast<std::int64_t>(kRemembered);
  for (std::int64_t n = std::max<std::int64_t>(0, number - remembered); n < number; ++n) {
    cases.push_back(source_.case_number(n));
  }
  return cases;
}

bool RowWork::ended() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return ended_;
}

std::int64_t RowWork::accounted() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return result_.tally.total();
}

std::int64_t RowWork::failures() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return static_cast<std::int64_t>(result_.failures.size());
}

bool RowWork::shrinking() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return shrinking_;
}

}  // namespace mlacheck
