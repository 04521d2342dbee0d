#include "harness/run/sweep.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "harness/core/text.hpp"
#include "harness/run/confirm.hpp"
#include "harness/run/shrink.hpp"
#include "harness/run/subjects.hpp"

namespace mlacheck {
namespace {

using Clock = std::chrono::steady_clock;

const std::vector<SubjectTable>& tables() { return subject_tables(); }

bool wanted(const std::vector<std::string>& filter, const std::string& name) {
  return filter.empty() || std::find(filter.begin(), filter.end(), name) != filter.end();
}

void check_filter(const char* option, const std::vector<std::string>& filter,
                  const std::vector<std::string>& known) {
  for (const std::string& name : filter) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    throw std::invalid_argument(std::string(option) + " '" + excerpt(name) +
                                "': " + expected_one_of(name, known));
  }
}

void check_filters(const SweepOptions& options,
                   const std::vector<std::unique_ptr<Backend>>& backends) {
  std::vector<std::string> ops_known;
  std::vector<std::string> backends_known;
  std::vector<std::string> variants_known;
  for (const auto& backend : backends) backends_known.push_back(backend->name());
  for (const SubjectTable& table : tables()) {
    if (!wanted(ops_known, table.op) || ops_known.empty()) ops_known.push_back(table.op);
    for (const Subject& subject : table.subjects) {
      if (!wanted(variants_known, subject.variant) || variants_known.empty()) {
        variants_known.push_back(subject.variant);
      }
    }
  }
  check_filter("op", options.ops, ops_known);
  check_filter("backend", options.backends, backends_known);
  check_filter("variant", options.variants, variants_known);
  check_filter("variant", options.without, variants_known);
}

// One row at work: its cases are handed out by number, so that several threads may share it.
class Work {
 public:
  Work(SweepRow& row, Backend& backend, const SweepOptions& options)
      : row_(row), backend_(backend), options_(options), source_(row, options.seed) {
    static_cast<void>(baseline_of(row));  // a subject with an unknown one is refused before it runs
    const std::string reason = reason_to_skip(row, backend);
    if (!reason.empty()) skip(reason);
  }

  bool concurrent() const { return backend_.concurrent(); }
  bool done() const { return done_; }
  std::int64_t started() const { return started_; }

  // Runs the next case. Returns false when the row has no more work.
  bool step(bool out_of_time, CaseRunner& runner) {
    if (done_) return false;
    const std::int64_t number = next_.fetch_add(1);
    const bool enough = options_.cases > 0 ? number >= std::max(options_.cases, source_.required())
                                           : out_of_time && number >= source_.required();
    if (enough) {
      done_ = true;
      return false;
    }
    ++started_;
    const Case c = source_.case_number(number);
    CaseResult result = run(c, runner);
    const bool failed = result.verdict != Verdict::passed && result.verdict != Verdict::skipped;
    if (failed && done_.exchange(true)) return false;  // another thread has this row's failure
    record(c, std::move(result), failed, runner);
    return !failed;
  }

 private:
  CaseResult run(const Case& c, CaseRunner& runner) const {
    return runner.run(row_, c, options_.battery, options_.limits);
  }

  // Smaller cases are faster ones: a hang need not be waited out in full again and again.
  RunLimits shrink_limits(const Evidence& original) const {
    RunLimits limits = options_.limits;
    if (!original.timeout.empty()) limits.seconds = std::max(1.0, limits.seconds / 10);
    return limits;
  }

  void skip(const std::string& reason) {
    row_.tally.add(Verdict::skipped);
    ++row_.skips[reason];
    done_ = true;
  }

  // What a subject keeps between calls may have made the case fail: then its line alone is no
  // replay.
  void confirm_in_fresh_process(Failure& failure, CaseRunner& runner) {
    const Evidence original = failure.result.evidence;
    const RunLimits limits = shrink_limits(original);
    // A hang costs its whole time whenever it is tried.
    const std::vector<Case> earlier = original.timeout.empty() ? remembered() : std::vector<Case>{};
    const auto run_all = [&](const std::vector<Case>& sequence) {
      runner.refresh();
      CaseResult last;
      for (const Case& c : sequence) last = runner.run(row_, c, options_.battery, limits);
      return last;
    };
    const auto same = [&](const CaseResult& result) {
      return same_failure(original, result.evidence);
    };
    Confirmation confirmation = confirm(failure.smallest, earlier, run_all, same);
    // What it needs may have been a candidate on the way down.
    if (!confirmation.result && !(failure.smallest == failure.original)) {
      confirmation = confirm(failure.original, earlier, run_all, same);
      if (confirmation.result) failure.smallest = failure.original;
    }
    failure.confirmed = confirmation.result.has_value();
    failure.after = std::move(confirmation.after);
    if (confirmation.result) failure.result = std::move(*confirmation.result);
  }

  std::vector<Case> remembered() {
    const std::lock_guard<std::mutex> lock(record_);
    return {recent_.begin(), recent_.end()};
  }

  void record(const Case& c, CaseResult result, bool failed, CaseRunner& runner) {
    Failure failure{c, c, 0, std::move(result), {}, true};
    if (failed && options_.shrink && failure.result.verdict != Verdict::error) {
      const Evidence original = failure.result.evidence;
      const RunLimits limits = shrink_limits(original);
      constexpr int kHangs = 40;
      const Shrunk shrunk = shrink(
          *row_.op->model, c,
          [&](const Case& candidate) {
            return same_failure(original,
                                runner.run(row_, candidate, options_.battery, limits).evidence);
          },
          original.timeout.empty() ? kShrinkLimit : kHangs);
      failure.smallest = shrunk.smallest;
      failure.shrink_runs = shrunk.tried;
    }
    if (failed && failure.result.verdict != Verdict::error)
      confirm_in_fresh_process(failure, runner);
    const std::lock_guard<std::mutex> lock(record_);
    const CaseResult& kept = failure.result;
    row_.tally.add(kept.verdict);
    recent_.push_back(c);
    if (recent_.size() > kRemembered) recent_.pop_front();
    row_.matrix.note(failure.original, kept.verdict == Verdict::skipped);
    if (!kept.evidence.skip_reason.empty()) ++row_.skips[kept.evidence.skip_reason];
    for (const Check check : kept.checks) ++row_.checks[check].cases;
    for (const Finding& finding : kept.evidence.findings) {
      CheckCount& count = row_.checks[finding.check];
      ++count.failed;
      count.cases = std::max(count.cases, count.failed);
    }
    row_.worst_ratio = std::max(row_.worst_ratio, kept.worst_ratio);
    for (std::size_t bin = 0; bin < kept.ratios.size(); ++bin) {
      row_.ratios[bin] += kept.ratios[bin];
    }
    if (!kept.rule.empty() && (row_.rule.empty() || kept.worst_ratio > 0)) row_.rule = kept.rule;
    if (failed) row_.failures.push_back(std::move(failure));
  }

  SweepRow& row_;
  Backend& backend_;
  const SweepOptions& options_;
  CaseSource source_;
  std::atomic<std::int64_t> next_{0};  // may pass the end
  std::atomic<std::int64_t> started_{0};
  std::atomic<bool> done_{false};
  std::mutex record_;
  std::deque<Case> recent_;  // that this row has run, the latest last
};

class Crew {
 public:
  Crew(std::vector<std::unique_ptr<Work>>& work, const SweepOptions& options,
       const MakeRunner& make_runner, const std::function<void(const SweepProgress&)>& progress)
      : work_(work), options_(options), progress_(progress), device_runner_(make_runner()) {
    for (unsigned job = 0; job < options_.jobs; ++job) runners_.push_back(make_runner());
  }

  double run() {
    std::vector<std::thread> threads;
    for (unsigned job = 1; job < options_.jobs; ++job) {
      threads.emplace_back([this, job] { labour(job); });
    }
    labour(0);
    for (std::thread& thread : threads) thread.join();
    report();
    return elapsed();
  }

 private:
  double elapsed() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

  // Goes round the rows, a slice of time on each, so that every row gets an equal share.
  void labour(unsigned job) {
    constexpr auto kSlice = std::chrono::milliseconds(40);
    bool any = true;
    while (any) {
      any = false;
      for (std::size_t k = 0; k < work_.size(); ++k) {
        Work& work = *work_[(k + job * work_.size() / options_.jobs) % work_.size()];
        if (work.done()) continue;
        any = true;
        std::unique_lock<std::mutex> device(device_, std::defer_lock);
        if (!work.concurrent() && !device.try_lock()) {
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
          continue;
        }
        const auto end = Clock::now() + kSlice;
        CaseRunner& runner = work.concurrent() ? *runners_[job] : *device_runner_;
        while (Clock::now() < end && work.step(elapsed() >= options_.seconds, runner)) {
          if (job == 0) maybe_report();
        }
        if (job == 0) maybe_report();
      }
    }
  }

  void maybe_report() {
    if (Clock::now() < next_report_) return;
    next_report_ = Clock::now() + std::chrono::milliseconds(500);
    report();
  }

  void report() {
    if (!progress_) return;
    SweepProgress progress;
    progress.elapsed_seconds = elapsed();
    for (const auto& work : work_) progress.cases += work->started();
    progress_(progress);
  }

  std::vector<std::unique_ptr<Work>>& work_;
  const SweepOptions& options_;
  const std::function<void(const SweepProgress&)>& progress_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point next_report_ = start_;
  std::mutex device_;  // one host thread at a time on a backend that is not concurrent
  std::unique_ptr<CaseRunner> device_runner_;
  std::vector<std::unique_ptr<CaseRunner>> runners_;  // by job
};

}  // namespace

Backend& backend_named(const std::vector<std::unique_ptr<Backend>>& backends,
                       const std::string& name) {
  for (const auto& backend : backends) {
    if (backend->name() == name) return *backend;
  }
  throw std::logic_error("no backend is called " + name);
}

std::string reason_to_skip(const SweepRow& row, const Backend& backend) {
  std::string reason = backend.unavailable();
  if (reason.empty() && row.subject.unavailable != nullptr) reason = row.subject.unavailable();
  return reason;
}

CaseSource::CaseSource(const SweepRow& row, std::uint64_t seed)
    : model_(row.op->model),
      required_(row.op->model->required_cases()),
      tiles_(&tiles_of(row)),
      seed_(seed),
      stream_(stream_of(row.op->model->schema().op)) {}

Case CaseSource::case_number(std::int64_t number) const {
  if (number < required()) return required_[static_cast<std::size_t>(number)];
  Random random(seed_, stream_ + static_cast<std::uint64_t>(number));
  return model_->generate(random, *tiles_);
}

const Subject* baseline_of(const SweepRow& row) { return baseline_of(*row.table, row.subject); }

const std::vector<Tile>& tiles_of(const SweepRow& row) { return row.table->tiles; }

std::vector<SweepRow> select_rows(const SweepOptions& options,
                                  const std::vector<std::unique_ptr<Backend>>& backends) {
  check_filters(options, backends);
  std::vector<SweepRow> rows;
  for (const OpEntry& op : ops()) {
    const std::string& name = op.model->schema().op;
    if (!wanted(options.ops, name)) continue;
    for (const auto& backend : backends) {
      if (!wanted(options.backends, backend->name())) continue;
      for (const SubjectTable& table : tables()) {
        if (table.op != name || table.backend != backend->name()) continue;
        if (!wanted(options.origins, table.origin)) continue;
        for (const Subject& subject : table.subjects) {
          if (!wanted(options.variants, subject.variant)) continue;
          if (!options.without.empty() && wanted(options.without, subject.variant)) continue;
          SweepRow row;
          row.op = &op;
          row.table = &table;
          row.subject = subject;
          row.backend = backend->name();
          row.device = backend->device();
          row.matrix = Matrix(op.model->schema(), table.tiles);
          rows.push_back(std::move(row));
        }
      }
    }
  }
  return rows;
}

// A pass that never met a part of the configuration proves nothing about it.
void judge_configuration(SweepRow& row) {
  if (row.matrix.cases() < Matrix::kEnough) return;
  CheckCount& count = row.checks[Check::configuration];
  count.cases = row.matrix.cases();
  if (row.matrix.missing().empty()) return;
  count.failed = 1;
  row.tally.add(Verdict::mistrusted);
}

SweepResult sweep(const SweepOptions& options,
                  const std::function<void(const SweepProgress&)>& progress) {
  const auto backends = make_backends();
  SweepResult result;
  result.seed = options.seed;
  result.rows = select_rows(options, backends);
  std::vector<std::unique_ptr<Work>> work;
  for (SweepRow& row : result.rows) {
    work.push_back(std::make_unique<Work>(row, backend_named(backends, row.backend), options));
  }
  const MakeRunner local = [&backends] { return make_local_runner(backends); };
  result.seconds =
      Crew(work, options, options.make_runner ? options.make_runner : local, progress).run();
  for (SweepRow& row : result.rows) {
    judge_configuration(row);
    result.tally.add(row.tally);
  }
  return result;
}

}  // namespace mlacheck
