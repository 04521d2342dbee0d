#include "harness/sweep/sweep.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "harness/environment/interrupt.hpp"
#include "harness/subjects/subjects.hpp"
#include "harness/sweep/row_work.hpp"
#include "harness/text/text.hpp"

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

class Crew {
 public:
  Crew(SweepResult& result, const std::vector<std::unique_ptr<Backend>>& backends,
       const SweepOptions& options, const MakeRunner& make_runner, const SweepListener& listener)
      : result_(result), options_(options), listener_(listener), device_runner_(make_runner()) {
    for (SweepRow& row : result.rows) {
      work_.push_back(
          std::make_unique<RowWork>(row, backend_named(backends, row.backend), options));
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
      // All that is left is in the hands of other threads.
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
      all += work.ended() ? accounted : cases_of(result_.rows[row], options_);
      required += work.required();
      if (work.ended()) continue;
      every_row_ended = false;
      required_left += std::max<std::int64_t>(0, work.required() - accounted);
    }
    const auto share = [](double part, double whole) { return whole > 0 ? part / whole : 1; };
    progress.share = share(static_cast<double>(progress.cases), static_cast<double>(all));
    if (!options_.cases) {
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
          row.coverage = Coverage(op.model->schema(), table.tiles);
          rows.push_back(std::move(row));
        }
      }
    }
  }
  return rows;
}

std::int64_t cases_of(const SweepRow& row, const SweepOptions& options) {
  const auto required = static_cast<std::int64_t>(row.op->model->required_cases().size());
  return std::max(options.cases.value_or(0), required);
}

Verdict SweepRow::verdict() const {
  if (!unavailable.empty()) return Verdict::skipped;
  const Verdict of_cases = tally.overall();
  const bool good = of_cases == Verdict::passed || of_cases == Verdict::skipped;
  if (good && !failures.empty()) return Verdict::failed;
  const auto reached = checks.find(Check::configuration);
  const bool gap = reached != checks.end() && reached->second.failed > 0;
  return of_cases == Verdict::passed && gap ? Verdict::mistrusted : of_cases;
}

Tally SweepResult::cases() const {
  Tally tally;
  for (const SweepRow& row : rows) tally.add(row.tally);
  return tally;
}

Verdict SweepResult::verdict() const {
  if (!error.empty()) return Verdict::error;
  Tally verdicts;
  for (const SweepRow& row : rows) verdicts.add(row.verdict());
  return verdicts.overall();
}

// A pass that never met a part of the configuration proves nothing about it.
void judge_configuration(SweepRow& row) {
  if (row.coverage.cases() < Coverage::kEnough) return;
  CheckCount& count = row.checks[Check::configuration];
  count.cases = row.coverage.cases();
  count.failed = row.coverage.missing().empty() ? 0 : 1;
}

SweepResult sweep(const SweepOptions& options, const SweepListener& listener) {
  const auto backends = make_backends();
  SweepResult result;
  result.seed = options.seed;
  result.rows = select_rows(options, backends);
  const MakeRunner local = [&backends] { return make_local_runner(backends); };
  Crew(result, backends, options, options.make_runner ? options.make_runner : local, listener)
      .run();
  for (SweepRow& row : result.rows) judge_configuration(row);
  return result;
}

}  // namespace mlacheck
