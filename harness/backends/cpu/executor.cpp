#include "harness/backends/cpu/executor.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <memory>
#include <mutex>
#include <new>
#include <numeric>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "harness/backends/cpu/block/thread_block.hpp"
#include "harness/backends/cpu/sanitizers/report_capture.hpp"
#include "harness/backends/cpu/sanitizers/sanitizer.hpp"
#include "harness/device/launch_limits.hpp"

namespace mlacheck::cpu {
namespace {

// A launch with a copy of its parameters, as a graph keeps them.
class RecordedLaunch {
 public:
  RecordedLaunch(const LaunchPlan& plan, unsigned long long* receipt)
      : plan_(plan), receipt_(receipt), params_(plan.params_bytes / sizeof(std::max_align_t) + 1) {
    std::memcpy(params_.data(), plan.params, plan.params_bytes);
    plan_.params = nullptr;
  }

  LaunchPlan plan() const {
    LaunchPlan plan = plan_;
    plan.params = params_.data();
    return plan;
  }
  unsigned long long* receipt() const { return receipt_; }

 private:
  LaunchPlan plan_;
  unsigned long long* receipt_;
  std::vector<std::max_align_t> params_;
};

// What the launches of one OS thread left behind.
struct LaunchLog {
  ExecutorOptions options;
  std::vector<ExecutorFinding> findings;
  LaunchReport report;
  std::string no_memory;
  bool recording = false;
  std::vector<RecordedLaunch> recorded;
};
thread_local LaunchLog launch_log;

// Bounds the number of findings that are kept: a caller that never drains them must not run out of
// memory.
constexpr std::size_t kMaxFindings = 1000;

// Thread blocks with their stacks, kept for the next launch on whatever OS thread.
class BlockPool {
 public:
  std::unique_ptr<ThreadBlock> take() {
    const std::scoped_lock lock(mutex_);
    if (free_.empty()) return std::make_unique<ThreadBlock>();
    std::unique_ptr<ThreadBlock> block = std::move(free_.back());
    free_.pop_back();
    return block;
  }
  void put_back(std::unique_ptr<ThreadBlock> block) {
    const std::scoped_lock lock(mutex_);
    free_.push_back(std::move(block));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<ThreadBlock>> free_;
};

BlockPool& block_pool() {
  static BlockPool pool;
  return pool;
}

using BlockNumbers = std::vector<std::uint64_t>;

// Gives out the blocks of a grid in the order of the schedule, or only those of a list, in its order.
class BlockQueue {
 public:
  BlockQueue(Dim3 grid, const ExecutorOptions& options, const BlockNumbers* chosen)
      : grid_(grid), order_(options.order), chosen_(chosen) {
    if (chosen != nullptr) return;
    if (order_ == ThreadOrder::seeded && grid.count() <= kMaxShuffled) {
      permutation_.resize(grid.count());
      std::iota(permutation_.begin(), permutation_.end(), 0U);
      Random random(options.seed);
      shuffle(permutation_, random);
    }
  }

  std::uint64_t count() const { return chosen_ != nullptr ? chosen_->size() : grid_.count(); }

  /// False when the grid is done, or was stopped.
  bool take(Index3& block, std::uint64_t& linear) {
    if (stopped_.load(std::memory_order_relaxed)) return false;
    const std::uint64_t rank = next_.fetch_add(1, std::memory_order_relaxed);
    if (rank >= count()) return false;
    linear = chosen_ != nullptr ? (*chosen_)[rank] : rank;
    if (chosen_ == nullptr && order_ == ThreadOrder::descending) linear = grid_.count() - 1 - rank;
    if (!permutation_.empty()) linear = permutation_[rank];
    block = {static_cast<unsigned>(linear % grid_.x),
             static_cast<unsigned>(linear / grid_.x % grid_.y),
             static_cast<unsigned>(linear / grid_.x / grid_.y)};
    return true;
  }
  void stop() { stopped_.store(true, std::memory_order_relaxed); }

 private:
  // Larger grids run in ascending order: a shuffle of theirs would need more memory than it is
  // worth.
  static constexpr std::uint64_t kMaxShuffled = std::uint64_t{1} << 20;
  Dim3 grid_;
  ThreadOrder order_;
  const BlockNumbers* chosen_;
  std::vector<std::uint32_t> permutation_;
  std::atomic<std::uint64_t> next_{0};
  std::atomic<bool> stopped_{false};
};

struct WorkerResult {
  std::uint64_t blocks_run = 0;
  std::vector<ExecutorFinding> findings;
  std::vector<std::string> reports;  // of worker threads; the caller's stay where they are
  std::string failure;               // empty if all blocks ran to their end
  std::string no_memory;             // what there was no memory for; then nothing else is said
};

WorkerResult work_on_blocks(const LaunchPlan& plan, const ExecutorOptions& options,
                            BlockQueue& queue) {
  WorkerResult result;
  FindingLog log;
  std::unique_ptr<ThreadBlock> block = block_pool().take();
  block->begin_grid(options);
  Index3 index;
  std::uint64_t linear = 0;
  while (queue.take(index, linear)) {
    // Each block has a stream of its own, so that the schedule does not depend on the workers.
    Random random(options.seed ^ ((linear + 1) * 0xd1342543de82ef95U));
    if (block->run(plan, index, options, random, log)) {
      ++result.blocks_run;
    } else {
      result.failure = "a block did not run to its end";
      queue.stop();
    }
    if (block->no_memory() != nullptr) result.no_memory = block->no_memory();
    if (block->is_flooded()) {
      result.failure =
          "stopped after " + std::to_string(options.max_reports) + " sanitizer reports";
      queue.stop();
    }
  }
  block->end_grid();
  block_pool().put_back(std::move(block));
  if (result.no_memory.empty()) log.describe(plan.record.kernel, result.findings);
  return result;
}

WorkerResult work(const LaunchPlan& plan, const ExecutorOptions& options, BlockQueue& queue) {
  try {
    return work_on_blocks(plan, options, queue);
  } catch (const std::bad_alloc&) {
    queue.stop();
    WorkerResult result;
    result.failure = "a block could not be set up";
    result.no_memory = "the threads of a block";
    return result;
  }
}

template <class T>
void append(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

WorkerResult work_on_threads(const LaunchPlan& plan, const ExecutorOptions& options,
                             BlockQueue& queue, std::size_t workers) {
  std::vector<WorkerResult> results(workers);
  std::vector<std::thread> threads;
  threads.reserve(workers - 1);
  for (std::size_t i = 1; i < workers; ++i) {
    try {
      threads.emplace_back([&, i] {
        results[i] = work(plan, options, queue);
        results[i].reports = drain_sanitizer_reports();
      });
    } catch (const std::system_error&) {
      break;  // the system grants no more threads: those that there are share the blocks
    }
  }
  results[0] = work(plan, options, queue);
  for (std::thread& thread : threads) thread.join();
  WorkerResult total = std::move(results[0]);
  for (std::size_t i = 1; i < workers; ++i) {
    total.blocks_run += results[i].blocks_run;
    if (total.failure.empty()) total.failure = results[i].failure;
    if (total.no_memory.empty()) total.no_memory = results[i].no_memory;
    append(total.findings, results[i].findings);
    append(total.reports, results[i].reports);
  }
  return total;
}

Status run_grid(const LaunchPlan& plan, unsigned long long* receipt,
                const BlockNumbers* chosen = nullptr) {
  use_sanitizer_options();

  // TSan's slots are shared by the whole process, so its launches take turns.
  static std::mutex tsan_turn;
  std::unique_lock<std::mutex> turn(tsan_turn, std::defer_lock);
  if constexpr (is_tsan()) turn.lock();

  const ExecutorOptions options = launch_log.options;
  BlockQueue queue(plan.record.grid, options, chosen);
  const std::size_t workers =
      is_tsan() ? 1
                : std::clamp<std::uint64_t>(options.workers, 1,
                                            std::max<std::uint64_t>(queue.count(), 1));
  WorkerResult result =
      workers == 1 ? work(plan, options, queue) : work_on_threads(plan, options, queue, workers);

  LaunchReport& report = launch_log.report;
  ++report.launches;
  report.blocks_run += result.blocks_run;
  report.threads_run += result.blocks_run * plan.record.block.count();
  if (receipt != nullptr) *receipt += result.blocks_run;
  if (!result.no_memory.empty()) {
    launch_log.no_memory = "no memory for " + result.no_memory + " of kernel " +
                           std::string(plan.record.kernel) + ", whose blocks have " +
                           std::to_string(plan.record.block.count()) + " threads";
    return {StatusCode::out_of_memory, launch_log.no_memory};
  }
  if (!result.failure.empty()) {
    result.failure = "kernel " + std::string(plan.record.kernel) + ": " + result.failure;
    if (!result.findings.empty()) result.failure += ": " + result.findings.back().text;
  }
  for (ExecutorFinding& finding : result.findings) {
    if (launch_log.findings.size() == kMaxFindings) break;
    launch_log.findings.push_back(std::move(finding));
  }
  adopt_reports(std::move(result.reports));
  if (result.failure.empty()) return {};
  return {StatusCode::launch_failed, std::move(result.failure)};
}

}  // namespace

ExecutorOptions executor_options() { return launch_log.options; }

void set_executor_options(const ExecutorOptions& options) { launch_log.options = options; }

ScopedExecutorOptions::ScopedExecutorOptions(const ExecutorOptions& options)
    : previous_(std::exchange(launch_log.options, options)) {}

ScopedExecutorOptions::~ScopedExecutorOptions() { launch_log.options = previous_; }

std::vector<ExecutorFinding> drain_findings() { return std::exchange(launch_log.findings, {}); }

std::string drain_no_memory() { return std::exchange(launch_log.no_memory, {}); }

LaunchReport drain_launch_report() { return std::exchange(launch_log.report, {}); }

Status launch_grid(const LaunchPlan& plan, LaunchContext& context) {
  if (Status status = check_launch_limits(plan.record); !status.ok()) return status;
  if (Status status = context.record(plan.record); !status.ok()) return status;
  if (launch_log.recording) {
    launch_log.recorded.emplace_back(plan, context.receipt_counter());
    return {};
  }
  return run_grid(plan, context.receipt_counter());
}

void begin_recording() {
  launch_log.recorded.clear();
  launch_log.recording = true;
}

std::size_t end_recording() {
  launch_log.recording = false;
  return launch_log.recorded.size();
}

Status run_recorded() {
  for (const RecordedLaunch& launch : launch_log.recorded) {
    if (Status status = run_grid(launch.plan(), launch.receipt()); !status.ok()) return status;
  }
  return {};
}

Status run_recorded(const std::vector<std::vector<std::uint64_t>>& blocks) {
  if (blocks.size() != launch_log.recorded.size()) {
    throw std::invalid_argument("run_recorded: " + std::to_string(blocks.size()) +
                                " lists of blocks for " +
                                std::to_string(launch_log.recorded.size()) + " launches");
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const RecordedLaunch& launch = launch_log.recorded[i];
    const LaunchPlan plan = launch.plan();
    for (const std::uint64_t block : blocks[i]) {
      if (block < plan.record.grid.count()) continue;
      throw std::invalid_argument("run_recorded: block " + std::to_string(block) +
                                  " of a grid of " + std::to_string(plan.record.grid.count()));
    }
    if (Status status = run_grid(plan, launch.receipt(), &blocks[i]); !status.ok()) return status;
  }
  return {};
}

}  // namespace mlacheck::cpu
