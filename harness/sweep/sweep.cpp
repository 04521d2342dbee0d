#include "harness/sweep/sweep.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <system_error>
#include <thread>

#include "harness/environment/interrupt.hpp"
#include "harness/subjects/bundled_cases.hpp"
#include "harness/sweep/row_work.hpp"

namespace mlacheck {
namespace {

using Clock = std::chrono::steady_clock;

class Crew {
 public:
  Crew(SweepResult& result, const std::vector<std::unique_ptr<Backend>>& backends,
       const SweepOptions& options, const MakeRunner& make_runner, const SweepListener& listener)
      : result_(result), options_(options), listener_(listener), device_runner_(make_runner()) {
    for (RowResult& row : result.rows) {
      work_.push_back(
          std::make_unique<RowWork>(row, backend_named(backends, row.row.backend), options));
    }
    told_.resize(work_.size(), false);
    for (unsigned job = 0; job < options_.jobs; ++job) runners_.push_back(make_runner());
  }

  void run() {
    {
      std::vector<std::jthread> threads;
      for (unsigned job = 1; job < options_.jobs; ++job) {
        try {
          threads.emplace_back([this, job] { labour_or_fail(job); });
        } catch (const std::system_error&) {
          break;  // this machine gives no more: fewer threads do the same work
        }
      }
      labour_or_fail(0);
    }
    tell_ended();
    report();
    result_.seconds = elapsed();
    result_.error = error_;
    result_.interrupted_by = interrupted_by();
  }

 private:
  double elapsed() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  bool stopping() const { return failed_ || interrupted_by() != 0; }

  // What goes wrong in one thread ends the sweep, with what has been found until then.
  void labour_or_fail(unsigned job) {
    try {
      labour(job);
    } catch (const std::exception& error) {
      const std::lock_guard<std::mutex> lock(telling_);
      if (error_.empty()) error_ = error.what();
      failed_ = true;
    }
  }

  // Goes round the rows, a slice of time on each, so that every row gets an equal share.
  void labour(unsigned job) {
    bool any = true;
    while (any) {
      any = false;
      bool worked = false;
      for (std::size_t k = 0; k < work_.size(); ++k) {
        const std::size_t row = (k + job * work_.size() / options_.jobs) % work_.size();
        if (work_[row]->ended()) continue;
        any = true;
        worked = work_on(row, job) || worked;
        tell_ended();
        if (job == 0) maybe_report();
      }
      // Other threads are at work on all that is left.
      if (any && !worked) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  // False if there was nothing to do for this thread.
  bool work_on(std::size_t row, unsigned job) {
    constexpr auto kSlice = std::chrono::milliseconds(40);
    RowWork& work = *work_[row];
    std::unique_lock<std::mutex> device(device_, std::defer_lock);
    if (!work.concurrent() && !device.try_lock()) return false;
    CaseRunner& runner = work.concurrent() ? *runners_[job] : *device_runner_;
    const auto end = Clock::now() + kSlice;
    bool worked = false;
    while (Clock::now() < end) {
      const RowWork::Step step = work.step(
          elapsed() >= options_.seconds, runner, [this] { return stopping(); },
          [&](const Counterexample& found) { tell_failure(row, found); });
      if (step != RowWork::Step::worked) break;
      worked = true;
      if (job == 0) maybe_report();
    }
    return worked;
  }

  void tell_failure(std::size_t row, const Counterexample& found) {
    const std::lock_guard<std::mutex> lock(telling_);
    if (listener_.failure) listener_.failure(row, result_.rows[row], found);
  }

  void tell_ended() {
    const std::lock_guard<std::mutex> lock(telling_);
    for (std::size_t row = 0; row < work_.size(); ++row) {
      if (told_[row] || !work_[row]->ended()) continue;
      told_[row] = true;
      if (listener_.row_ended) listener_.row_ended(row);
    }
  }

  void maybe_report() {
    if (Clock::now() < next_report_) return;
    next_report_ = Clock::now() + std::chrono::milliseconds(500);
    report();
  }

  void report() {
    if (!listener_.progress) return;
    SweepProgress progress;
    progress.elapsed_seconds = elapsed();
    std::int64_t all = 0;
    std::int64_t required = 0;
    std::int64_t required_left = 0;
    bool every_row_ended = true;
    for (std::size_t row = 0; row < work_.size(); ++row) {
      const RowWork& work = *work_[row];
      const std::int64_t accounted = work.accounted();
      progress.cases += accounted;
      progress.failures += work.failures();
      progress.shrinking = progress.shrinking || work.shrinking();
      all += work.ended() ? accounted : cases_of(result_.rows[row].row, options_);
      required += work.required();
      if (work.ended()) continue;
      every_row_ended = false;
      required_left += std::max<std::int64_t>(0, work.required() - accounted);
    }
    const auto share = [](double part, double whole) { return whole > 0 ? part / whole : 1; };
    progress.share = share(static_cast<double>(progress.cases), static_cast<double>(all));
    if (!options_.counts_cases()) {
      // Required cases run whatever time they take.
      progress.share = std::min(
          {1.0, share(progress.elapsed_seconds, options_.seconds),
           share(static_cast<double>(required - required_left), static_cast<double>(required))});
    }
    if (every_row_ended) progress.share = 1;
    const std::lock_guard<std::mutex> lock(telling_);
    listener_.progress(progress);
  }

  SweepResult& result_;
  const SweepOptions& options_;
  const SweepListener& listener_;
  std::vector<std::unique_ptr<RowWork>> work_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point next_report_ = start_;
  std::atomic<bool> failed_{false};
  std::mutex device_;   // one host thread at a time on a backend that is not concurrent
  std::mutex telling_;  // one listener at a time; also guards error_ and told_
  std::string error_;
  std::vector<bool> told_;
  std::unique_ptr<CaseRunner> device_runner_;
  std::vector<std::unique_ptr<CaseRunner>> runners_;  // by job
};

}  // namespace

std::int64_t cases_of(const Row& row, const SweepOptions& options) {
  if (!options.listed.empty()) return static_cast<std::int64_t>(options.listed.size());
  const auto required = static_cast<std::int64_t>(required_cases(row.op_name()).size());
  return std::max(options.cases.value_or(0), required);
}

Tally SweepResult::cases() const {
  Tally tally;
  for (const RowResult& row : rows) tally.add(row.tally);
  return tally;
}

Verdict SweepResult::verdict() const {
  if (!error.empty()) return Verdict::error;
  Tally verdicts;
  for (const RowResult& row : rows) verdicts.add(row.verdict());
  return verdicts.overall();
}

SweepResult sweep(const std::vector<Row>& rows,
                  const std::vector<std::unique_ptr<Backend>>& backends,
                  const SweepOptions& options, const SweepListener& listener) {
  SweepResult result;
  if (options.listed.empty()) result.seed = options.seed;
  for (const Row& row : rows) result.rows.emplace_back(row);
  result.known = options.known;
  const MakeRunner local = [&backends] { return make_local_runner(backends); };
  Crew(result, backends, options, options.make_runner ? options.make_runner : local, listener)
      .run();
  for (RowResult& row : result.rows) {
    if (options.listed.empty() && options.first_case == 0) judge_configuration(row);
  }
  return result;
}

SweepResult sweep(const SweepOptions& options, const SweepListener& listener) {
  const auto backends = make_backends();
  return sweep(select_rows(options.select, backends), backends, options, listener);
}

}  // namespace mlacheck
