#include "harness/backends/cpu/sanitizers/race_model.hpp"

#if defined(MLACHECK_TSAN_INTRA) || defined(MLACHECK_TSAN_INTER)

#include <sanitizer/tsan_interface.h>

#include <string>

#include "harness/backends/cpu/sanitizers/sanitizer.hpp"

extern "C" {
void __tsan_ignore_thread_begin();
void __tsan_ignore_thread_end();
void __tsan_flush_memory();
void __tsan_read_range(void* address, unsigned long bytes);
void __tsan_write_range(void* address, unsigned long bytes);
// compiler-rt, tsan_interface_java.h: the only way to tell TSan about memory of another allocator.
void __tsan_java_init(unsigned long heap_begin, unsigned long heap_bytes);
void __tsan_java_alloc(unsigned long address, unsigned long bytes);
void __tsan_java_free(unsigned long address, unsigned long bytes);
}

namespace mlacheck::cpu {
namespace {

// TSan has 255 slots, the OS thread needs one, and histories of threads that share a slot are lost.
constexpr std::size_t kBlocksPerJoin = 250;

// Each release advances the clock of a slot. Clocks have 14 bits. When they run out, after about
// two million steps, TSan forgets every access so far, in the middle of a kernel and in silence: of
// 2,500 launches of one racy block of 1,024 threads the races of 12 were not reported. So it is
// made to forget earlier, between blocks, when nothing is left to find.
constexpr std::size_t kStepsPerReset = std::size_t{1} << 17;

std::string print(Index3 i) {
  return "(" + std::to_string(i.x) + "," + std::to_string(i.y) + "," + std::to_string(i.z) + ")";
}

void* make_fiber(const std::string& name) {
  void* const fiber = __tsan_create_fiber(0);
  __tsan_set_fiber_name(fiber, name.c_str());
  return fiber;
}

}  // namespace

UnseenByTsan::UnseenByTsan() { __tsan_ignore_thread_begin(); }
UnseenByTsan::~UnseenByTsan() { __tsan_ignore_thread_end(); }

// The range must be tight: before a report, TSan searches it downwards for the block of an address.
void allow_forgetting(void* address, std::size_t bytes) {
  __tsan_java_init(reinterpret_cast<unsigned long>(address), bytes);
}

void forget_accesses_in(void* address, std::size_t bytes) {
  if (!is_tsan_inter() || bytes == 0) return;
  const auto from = reinterpret_cast<unsigned long>(address);
  __tsan_java_free(from, bytes);
  __tsan_java_alloc(from, bytes);
}

void RaceModel::begin_block(Index3 block, Index3 extent, unsigned threads) {
  host_ = __tsan_get_current_fiber();
  const std::string block_name = "block " + print(block);
  private_object_.resize(threads);
  if constexpr (is_tsan_inter()) {
    fibers_.push_back(make_fiber(block_name));
    return;
  }
  for (unsigned t = 0; t < threads; ++t) {
    const Index3 index{t % extent.x, t / extent.x % extent.y, t / extent.x / extent.y};
    fibers_.push_back(make_fiber("thread " + print(index) + " of " + block_name));
  }
}

void RaceModel::enter_thread(unsigned thread) {
  void* const fiber = is_tsan_inter() ? fibers_.back() : fibers_[thread];
  if (fiber == __tsan_get_current_fiber()) return;
  __tsan_switch_to_fiber(fiber, __tsan_switch_to_fiber_no_sync);
}

void RaceModel::enter_host() { __tsan_switch_to_fiber(host_, __tsan_switch_to_fiber_no_sync); }

void RaceModel::arrive(Rendezvous& rendezvous) {
  if constexpr (is_tsan_inter()) return;
  advance(rendezvous.object[rendezvous.turn]);
}

void RaceModel::leave(Rendezvous& rendezvous, unsigned turn, unsigned thread) {
  if constexpr (is_tsan_inter()) return;
  __tsan_acquire(&rendezvous.object[turn]);
  advance(private_object_[thread]);
}

void RaceModel::exit_thread(unsigned) { advance(join_object_); }

void RaceModel::copy(void* to, const void* from, std::size_t bytes) {
  __tsan_read_range(const_cast<void*>(from), bytes);
  __tsan_write_range(to, bytes);
}

void RaceModel::advance(char& object) {
  __tsan_release(&object);
  ++steps_;
}

bool RaceModel::end_block() {
  if (is_tsan_inter() && fibers_.size() < kBlocksPerJoin) return false;
  join();
  return true;
}

void RaceModel::end_grid() { join(); }

void RaceModel::join() {
  __tsan_acquire(&join_object_);
  for (void* fiber : fibers_) __tsan_destroy_fiber(fiber);
  steps_ += fibers_.size();
  fibers_.clear();
  if (steps_ < kStepsPerReset) return;
  __tsan_flush_memory();
  steps_ = 0;
}

}  // namespace mlacheck::cpu

#endif
