// A block that is left before its end: every live thread waits and no rendezvous can complete, or
// there were too many reports.
#include <bit>

#include "harness/backends/cpu/block/thread_block.hpp"
#include "harness/backends/cpu/sanitizers/sanitizer.hpp"

namespace mlacheck::cpu {
namespace {

bool is_waiting(const GpuThread& thread) {
  return thread.phase == GpuThread::Phase::at_barrier ||
         thread.phase == GpuThread::Phase::at_collective;
}

bool is_suspended(const GpuThread& thread) {
  return is_waiting(thread) || thread.phase == GpuThread::Phase::ready;
}

}  // namespace

void ThreadBlock::report_stall() {
  // Lanes that wait for each other under different masks are the cause where there are such.
  bool explained = false;
  for (const GpuThread& thread : threads_) {
    if (thread.phase != GpuThread::Phase::at_collective) continue;
    const Warp& warp = warp_of(thread);
    for (std::uint64_t lanes = thread.request.mask & warp.waiting; lanes != 0; lanes &= lanes - 1) {
      const GpuThread& other = lane_thread(warp, static_cast<unsigned>(std::countr_zero(lanes)));
      if (other.request.mask == thread.request.mask) continue;
      FindingNote disagree = note(FindingKind::mask_disagreement, thread);
      disagree.a = thread.request.mask;
      disagree.b = other.request.mask;
      disagree.elsewhere = other.where;
      log_->add(disagree);
      explained = true;
      break;
    }
  }
  if (explained) return;
  const GpuThread* first = nullptr;
  const GpuThread* different = nullptr;
  for (const GpuThread& thread : threads_) {
    if (!is_waiting(thread)) continue;
    if (first == nullptr) first = &thread;
    if (thread.where.line != first->where.line || thread.where.file != first->where.file) {
      different = &thread;
      break;
    }
  }
  if (first == nullptr) return;
  FindingNote stuck = note(FindingKind::deadlock, *first);
  stuck.a = threads_.size() - exited_;
  stuck.elsewhere = different != nullptr ? different->where : first->where;
  log_->add(stuck);
}

void ThreadBlock::abandon() {
  for (GpuThread& thread : threads_) {
    if (!is_suspended(thread)) continue;
    // For TSan the thread ends here, so that the host's later accesses do not race with it.
    races_.enter_thread(thread.linear);
    races_.exit_thread(thread.linear);
    races_.enter_host();
    thread.fiber->restart();
    spent_.push_back(thread.fiber);
  }
}

}  // namespace mlacheck::cpu
