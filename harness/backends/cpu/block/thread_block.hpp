// Runs the threads of a block, one at a time, as fibers on the calling OS thread.
//
// A thread runs until it ends or waits. When it waits, the next ready thread goes on or, if there
// is none, the next thread that has not started. A rendezvous that is complete makes all its
// threads ready, in the order of the schedule, and none of them runs on at once: so between two
// barriers the threads run in that order. Lanes of a warp that have met join the end of the queue
// in ascending order, its front in descending order. There, a warp runs ahead of the others as far
// as the next barrier of the block lets it. A seeded schedule does either from barrier to barrier.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "harness/backends/cpu/block/async_copies.hpp"
#include "harness/backends/cpu/block/fence.hpp"
#include "harness/backends/cpu/block/order.hpp"
#include "harness/backends/cpu/block/shared_memory.hpp"
#include "harness/backends/cpu/executor.hpp"
#include "harness/backends/cpu/fiber/fiber.hpp"
#include "harness/backends/cpu/sanitizers/findings.hpp"
#include "harness/backends/cpu/sanitizers/race_model.hpp"
#include "harness/backends/cpu/sanitizers/sanitizer.hpp"
#include "harness/device/cpu/launch_plan.h"
#include "harness/device/cpu/runtime.h"

namespace mlacheck::cpu {

struct GpuThread {
  enum class Phase : std::uint8_t { unstarted, running, ready, at_barrier, at_collective, exited };

  Index3 index;
  unsigned linear = 0;
  Phase phase = Phase::unstarted;
  Fiber* fiber = nullptr;
  SourceLine where;           ///< of the barrier or collective it waits in
  CollectiveRequest request;  ///< while at_collective
  FenceState fences;
  AsyncCopies copies;
};

/// Lanes as bits. A warp at the end of a block may have fewer lanes than the width.
struct Warp {
  std::uint64_t existing = 0;
  std::uint64_t alive = 0;    ///< not exited
  std::uint64_t waiting = 0;  ///< at_collective
  struct Sync {
    std::uint64_t mask = 0;
    Rendezvous rendezvous;
  };
  /// For TSan one for each mask that __syncwarp was called with, so that groups of lanes that
  /// synchronise apart are not ordered. The last one serves all further masks.
  std::array<Sync, is_tsan() ? 16 : 1> syncs;
};

class ThreadBlock {
 public:
  ThreadBlock();
  ThreadBlock(const ThreadBlock&) = delete;
  ThreadBlock& operator=(const ThreadBlock&) = delete;
  ~ThreadBlock();

  /// Before the first block of a launch.
  void begin_grid(const ExecutorOptions& options);
  /// Runs one block. False if it could not be run to its end: it deadlocked, the kernel threw, the
  /// sanitizers' reports became too many or there was no memory.
  bool run(const LaunchPlan& plan, Index3 block, const ExecutorOptions& options, Random& random,
           FindingLog& log);
  /// After the last block of a launch.
  void end_grid();
  /// Whether this launch has caused ExecutorOptions::max_reports sanitizer reports on this OS
  /// thread.
  bool is_flooded() const;
  /// What there was no memory for, or null. It says nothing about the kernel.
  const char* no_memory() const { return no_memory_; }

  // For the running GPU thread, if there is one: not while the OS thread itself is at work.
  bool is_idle() const { return current_ == nullptr; }
  const GpuThread& current() const { return *current_; }
  Index3 index() const { return block_; }
  const LaunchPlan& plan() const { return *plan_; }
  void barrier(SourceLine where);
  void collective(const CollectiveRequest& request);
  void* shared_variable(const void* key, std::size_t bytes, std::size_t alignment, const char* name,
                        SourceLine where) {
    return shared_.variable(key, bytes, alignment, name, where, block_, *log_);
  }
  void* dynamic_shared(const char* name, SourceLine where) {
    return shared_.dynamic(name, where, block_, *log_);
  }
  void misaligned(const void* address, std::size_t bytes, std::size_t alignment, SourceLine where);
  FenceState& fences() { return current_->fences; }
  void async_copy(void* to, const void* from, unsigned bytes);
  void async_commit();
  void async_wait(unsigned pending);

 private:
  // thread_block.cpp: the schedule.
  static void fiber_body(void* block, Fiber& self);
  void prepare(const LaunchPlan& plan, Index3 block, const ExecutorOptions& options,
               Random& random);
  void run_kernel();
  void exit_current();
  void next_thread(Fiber& self);
  void wait();
  void leave(Fiber& self, GpuThread* next);
  void make_ready(GpuThread& thread);
  void make_ready_first(GpuThread& thread);
  GpuThread* pop_ready();
  bool has_unstarted() const { return started_ < threads_.size(); }
  GpuThread& take_unstarted();
  std::size_t thread_at(std::size_t rank) const;
  void draw_order();
  Fiber* idle_fiber();
  bool must_stop() const { return is_flooded() || no_memory_ != nullptr; }
  FindingNote note(FindingKind kind, const GpuThread& thread) const;

  // async_copies.cpp
  void land_some_copies();
  void land_forgotten_copies();

  // barrier.cpp
  void complete_barrier();

  // warp.cpp
  Warp& warp_of(const GpuThread& thread) { return warps_[thread.linear >> warp_shift_]; }
  std::uint64_t lane_bit(const GpuThread& thread) const {
    return std::uint64_t{1} << (thread.linear & (warp_width() - 1));
  }
  GpuThread& lane_thread(const Warp& warp, unsigned lane);
  unsigned warp_width() const { return static_cast<unsigned>(plan_->warp_width); }
  Rendezvous& sync_of(Warp& warp, std::uint64_t mask);
  void check_mask(const Warp& warp, GpuThread& thread, std::uint64_t bit);
  void note_exited_lanes(const GpuThread& thread, std::uint64_t lanes);
  void lane_exited(Warp& warp, std::uint64_t bit);
  void try_complete(Warp& warp, std::uint64_t mask);
  void exchange(Warp& warp, std::uint64_t lanes);
  void shuffle_value(Warp& warp, std::uint64_t lanes, unsigned lane);

  // stall.cpp
  void report_stall();
  void abandon();

  const LaunchPlan* plan_ = nullptr;
  FindingLog* log_ = nullptr;
  Random* random_ = nullptr;
  ThreadOrder order_ = ThreadOrder::ascending;
  Index3 block_;
  unsigned warp_shift_ = 0;  // log2 of the warp width: divisions count at this rate

  std::vector<GpuThread> threads_;
  std::vector<Warp> warps_;
  std::vector<unsigned> permutation_;  // for ThreadOrder::seeded: rank to thread
  bool warps_run_ahead_ = false;
  std::vector<GpuThread*> ready_;  // a ring: every thread is in it at most once
  std::size_t ready_head_ = 0;
  std::size_t ready_count_ = 0;
  std::size_t started_ = 0;
  std::size_t exited_ = 0;
  GpuThread* current_ = nullptr;
  bool threw_ = false;
  bool has_copies_ = false;  // the block has begun an asynchronous copy
  const char* no_memory_ = nullptr;
  std::size_t reports_before_ = 0;  // this launch
  std::size_t max_reports_ = 0;

  Rendezvous barrier_;
  std::size_t at_barrier_ = 0;

  Fiber host_;
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<Fiber*> idle_;
  std::vector<Fiber*> spent_;  // not to be used again before the block, with TSan the join, is over

  SharedMemory shared_;
  RaceModel races_;
};

/// The block that runs on this OS thread. Kernel units never touch it: thread-local storage
/// accessed from instrumented code would be one more thing to tell the sanitizers about.
extern constinit thread_local ThreadBlock* running_block;

}  // namespace mlacheck::cpu
