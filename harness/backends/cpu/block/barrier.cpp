// __syncthreads: arrivals are counted, and complete when every thread that has not left the kernel
// has arrived. That is what GPUs do since Volta; the older rule and the CUDA documentation want all
// threads of the block at the same barrier, so anything else is reported before it goes on.
#include "harness/backends/cpu/block/thread_block.hpp"

namespace mlacheck::cpu {

void ThreadBlock::barrier(SourceLine where) {
  land_some_copies();
  GpuThread& thread = *current_;
  thread.where = where;
  thread.phase = GpuThread::Phase::at_barrier;
  const unsigned turn = barrier_.turn;
  races_.arrive(barrier_);
  ++at_barrier_;
  if (at_barrier_ + exited_ == threads_.size()) complete_barrier();
  wait();
  races_.leave(barrier_, turn, thread.linear);
}

void ThreadBlock::complete_barrier() {
  const GpuThread* first = nullptr;
  // All threads have started by now, so the permutation is free to change.
  if (order_ == ThreadOrder::seeded) draw_order();
  const std::size_t count = at_barrier_;
  for (std::size_t rank = 0; rank < threads_.size(); ++rank) {
    GpuThread& thread = threads_[thread_at(rank)];
    if (thread.phase != GpuThread::Phase::at_barrier) continue;
    if (first == nullptr) first = &thread;
    if (thread.where.line != first->where.line || thread.where.file != first->where.file) {
      FindingNote diverged = note(FindingKind::barrier_divergence, thread);
      diverged.elsewhere = first->where;
      log_->add(diverged);
    }
    make_ready(thread);
  }
  if (exited_ != 0) {
    FindingNote left = note(FindingKind::barrier_after_exit, *first);
    left.a = count;
    left.b = exited_;
    log_->add(left);
  }
  at_barrier_ = 0;
  barrier_.turn ^= 1U;
}

}  // namespace mlacheck::cpu
