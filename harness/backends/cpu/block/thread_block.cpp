#include "harness/backends/cpu/block/thread_block.hpp"

#include <array>
#include <bit>
#include <exception>
#include <new>
#include <numeric>
#include <span>

#include "harness/backends/cpu/sanitizers/report_capture.hpp"
#include "harness/backends/cpu/sanitizers/sanitizer.hpp"
#include "harness/device/launch_limits.hpp"

namespace mlacheck::cpu {

constinit thread_local ThreadBlock* running_block = nullptr;

ThreadBlock::ThreadBlock() {
  // Fibers must not grow these: see findings.hpp.
  fibers_.reserve(kMaxBlockThreads);
  idle_.reserve(kMaxBlockThreads);
  spent_.reserve(kMaxBlockThreads);
}

ThreadBlock::~ThreadBlock() = default;

void ThreadBlock::prepare(const LaunchPlan& plan, Index3 block, const ExecutorOptions& options,
                          Random& random) {
  plan_ = &plan;
  block_ = block;
  order_ = options.order;
  random_ = &random;
  warp_shift_ = static_cast<unsigned>(std::countr_zero(warp_width()));
  const std::size_t threads = plan.record.block.count();
  if (threads_.size() != threads) {
    threads_.assign(threads, GpuThread{});
    for (std::size_t t = 0; t < threads; ++t) threads_[t].linear = static_cast<unsigned>(t);
    ready_.assign(threads, nullptr);
  }
  for (GpuThread& thread : threads_) {
    thread.phase = GpuThread::Phase::unstarted;
    thread.fences = {};
    if (has_copies_) thread.copies.clear();
  }
  warps_.assign((threads + warp_width() - 1) >> warp_shift_, Warp{});
  const std::uint64_t full = ~std::uint64_t{0} >> (64 - warp_width());
  for (Warp& warp : warps_) warp.existing = full;
  const std::size_t rest = threads & (warp_width() - 1);
  if (rest != 0) warps_.back().existing = (std::uint64_t{1} << rest) - 1;
  for (Warp& warp : warps_) warp.alive = warp.existing;
  warps_run_ahead_ = order_ == ThreadOrder::descending;
  if (order_ == ThreadOrder::seeded) {
    permutation_.resize(threads);
    std::iota(permutation_.begin(), permutation_.end(), 0U);
    draw_order();
  }
  ready_head_ = ready_count_ = started_ = exited_ = at_barrier_ = 0;
  threw_ = has_copies_ = false;
  no_memory_ = nullptr;
  barrier_ = {};
}

void ThreadBlock::begin_grid(const ExecutorOptions& options) {
  reports_before_ = reports_begun();
  max_reports_ = options.max_reports;
}

bool ThreadBlock::is_flooded() const {
  if constexpr (!is_sanitized()) return false;
  return reports_begun() - reports_before_ >= max_reports_;
}

bool ThreadBlock::run(const LaunchPlan& plan, Index3 block, const ExecutorOptions& options,
                      Random& random, FindingLog& log) {
  log_ = &log;
  prepare(plan, block, options, random);
  shared_.begin_block(plan.record.dynamic_shared_bytes);
  const Dim3 extent = plan.record.block;
  races_.begin_block(block, {extent.x, extent.y, extent.z}, static_cast<unsigned>(threads_.size()));

  running_block = this;
  GpuThread& first = take_unstarted();
  first.fiber = idle_fiber();
  if (first.fiber != nullptr) leave(host_, &first);
  const bool complete = exited_ == threads_.size();
  if (!complete) {
    if (!must_stop()) report_stall();
    abandon();
  }
  running_block = nullptr;

  shared_.check(block, log);
  if (races_.end_block()) shared_.release();
  for (Fiber* fiber : spent_) {
    // Blocks are not ordered for TSan: accesses of this one to a stack would race with the next's.
    if (is_tsan_inter()) fiber->forget_accesses();
    idle_.push_back(fiber);
  }
  spent_.clear();
  return complete && !threw_ && no_memory_ == nullptr;
}

void ThreadBlock::end_grid() {
  races_.end_grid();
  shared_.release();
}

void ThreadBlock::fiber_body(void* block, Fiber& self) {
  auto& here = *static_cast<ThreadBlock*>(block);
  for (;;) {
    here.run_kernel();
    here.exit_current();
    here.next_thread(self);
  }
}

void ThreadBlock::run_kernel() {
  try {
    plan_->thread_main(plan_->params);
  } catch (const std::bad_alloc&) {
    no_memory_ = "something that a thread asked for";
  } catch (const std::exception& error) {
    FindingNote threw = note(FindingKind::kernel_exception, *current_);
    copy_text(threw.name, error.what());
    log_->add(threw);
    threw_ = true;
  } catch (...) {
    FindingNote threw = note(FindingKind::kernel_exception, *current_);
    copy_text(threw.name, "something that is no std::exception");
    log_->add(threw);
    threw_ = true;
  }
}

void ThreadBlock::exit_current() {
  GpuThread& thread = *current_;
  thread.phase = GpuThread::Phase::exited;
  ++exited_;
  if (exited_ == threads_.size()) land_forgotten_copies();
  races_.exit_thread(thread.linear);
  Warp& warp = warp_of(thread);
  const std::uint64_t bit = lane_bit(thread);
  warp.alive &= ~bit;
  if (warp.waiting != 0) lane_exited(warp, bit);
  if (at_barrier_ != 0 && at_barrier_ + exited_ == threads_.size()) complete_barrier();
}

// After a thread has ended: the fiber runs the next unstarted thread itself where it may, else it
// is left idle. Returns when the fiber has an unstarted thread to run.
void ThreadBlock::next_thread(Fiber& self) {
  GpuThread* next = must_stop() ? nullptr : pop_ready();
  if (next == nullptr && has_unstarted() && !must_stop()) {
    next = &take_unstarted();
    // Two TSan fibers must not share a stack: the second one's frames would race with the first's.
    if (!is_tsan_intra()) {
      next->fiber = &self;
      current_ = next;
      return;
    }
    next->fiber = idle_fiber();
    if (next->fiber == nullptr) next = nullptr;
  }
  if constexpr (is_tsan()) {
    spent_.push_back(&self);
  } else {
    idle_.push_back(&self);
  }
  leave(self, next);
}

void ThreadBlock::wait() {
  GpuThread& self = *current_;
  if (must_stop()) return leave(*self.fiber, nullptr);
  GpuThread* next = pop_ready();
  if (next == &self) {
    self.phase = GpuThread::Phase::running;
    return;
  }
  if (next == nullptr && has_unstarted()) {
    next = &take_unstarted();
    next->fiber = idle_fiber();
    if (next->fiber == nullptr) next = nullptr;
  }
  leave(*self.fiber, next);
}

// Without a next thread it switches to the OS thread's own stack: everything has ended, or nothing
// can or shall go on.
void ThreadBlock::leave(Fiber& self, GpuThread* next) {
  current_ = next;
  if (next == nullptr) {
    races_.enter_host();
    Fiber::switch_to(self, host_);
    return;
  }
  next->phase = GpuThread::Phase::running;
  races_.enter_thread(next->linear);
  Fiber::switch_to(self, *next->fiber);
}

void ThreadBlock::make_ready(GpuThread& thread) {
  thread.phase = GpuThread::Phase::ready;
  std::size_t slot = ready_head_ + ready_count_++;
  if (slot >= ready_.size()) slot -= ready_.size();
  ready_[slot] = &thread;
}

// Before all others that are ready.
void ThreadBlock::make_ready_first(GpuThread& thread) {
  thread.phase = GpuThread::Phase::ready;
  ready_head_ = (ready_head_ == 0 ? ready_.size() : ready_head_) - 1;
  ++ready_count_;
  ready_[ready_head_] = &thread;
}

GpuThread* ThreadBlock::pop_ready() {
  if (ready_count_ == 0) return nullptr;
  GpuThread* const thread = ready_[ready_head_];
  --ready_count_;
  if (++ready_head_ == ready_.size()) ready_head_ = 0;
  return thread;
}

GpuThread& ThreadBlock::take_unstarted() {
  GpuThread& thread = threads_[thread_at(started_++)];
  const Dim3 extent = plan_->record.block;
  if (extent.y == 1 && extent.z == 1) {
    thread.index = {thread.linear, 0, 0};
  } else {
    const unsigned row = thread.linear / extent.x;
    thread.index = {thread.linear - row * extent.x, row % extent.y, row / extent.y};
  }
  thread.phase = GpuThread::Phase::running;
  return thread;
}

std::size_t ThreadBlock::thread_at(std::size_t rank) const {
  switch (order_) {
    case ThreadOrder::ascending:
      break;
    case ThreadOrder::descending:
      return threads_.size() - 1 - rank;
    case ThreadOrder::seeded:
      return permutation_[rank];
  }
  return rank;
}

// A seeded order of all threads, or of the warps and of the lanes of each.
void ThreadBlock::draw_order() {
  warps_run_ahead_ = random_->below(2) == 0;
  if (!warps_run_ahead_) return shuffle(permutation_, *random_);
  std::array<unsigned, kMaxBlockThreads / 32> order{};
  const std::span<unsigned> warps(order.data(), warps_.size());
  std::iota(warps.begin(), warps.end(), 0U);
  shuffle(warps, *random_);
  std::size_t next = 0;
  for (const unsigned warp : warps) {
    const auto lanes = static_cast<unsigned>(std::popcount(warps_[warp].existing));
    const std::span<unsigned> places = std::span(permutation_).subspan(next, lanes);
    std::iota(places.begin(), places.end(), warp << warp_shift_);
    shuffle(places, *random_);
    next += lanes;
  }
}

// Null if there is no memory for one. An exception would unwind the kernel's frames: their threads
// would seem to have ended, or would wait without end.
Fiber* ThreadBlock::idle_fiber() {
  if (idle_.empty()) {
    const UnseenByTsan unseen;
    const auto color = static_cast<unsigned>(fibers_.size());
    try {
      fibers_.push_back(std::make_unique<Fiber>(&ThreadBlock::fiber_body, this, color));
    } catch (const std::bad_alloc&) {
      no_memory_ = "the stack of one more thread";
      return nullptr;
    }
    return fibers_.back().get();
  }
  Fiber* const fiber = idle_.back();
  idle_.pop_back();
  return fiber;
}

void ThreadBlock::misaligned(const void* address, std::size_t bytes, std::size_t alignment,
                             SourceLine where) {
  FindingNote found = note(FindingKind::misaligned_access, *current_);
  found.where = where;
  found.address = address;
  found.a = bytes;
  found.b = alignment;
  log_->add(found);
}

FindingNote ThreadBlock::note(FindingKind kind, const GpuThread& thread) const {
  FindingNote result;
  result.kind = kind;
  result.where = thread.where;
  result.block = block_;
  result.thread = thread.index;
  return result;
}

}  // namespace mlacheck::cpu
