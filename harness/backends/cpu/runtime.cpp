// The functions that kernels call, on behalf of the block that runs on this OS thread.
#include "harness/device/cpu/runtime.h"

#include "harness/backends/cpu/block/thread_block.hpp"

namespace mlacheck::cpu {

Index3 thread_index() noexcept { return running_block->current().index; }
Index3 block_index() noexcept { return running_block->index(); }
Index3 block_extent() noexcept {
  const Dim3 extent = running_block->plan().record.block;
  return {extent.x, extent.y, extent.z};
}
Index3 grid_extent() noexcept {
  const Dim3 extent = running_block->plan().record.grid;
  return {extent.x, extent.y, extent.z};
}

void barrier(const char* file, int line) { running_block->barrier({file, line}); }

void collective(const CollectiveRequest& request) { running_block->collective(request); }

void* shared_variable(const void* key, std::size_t bytes, std::size_t alignment, const char* name,
                      const char* file, int line) {
  return running_block->shared_variable(key, bytes, alignment, name, {file, line});
}

void* dynamic_shared(const char* name, const char* file, int line) {
  return running_block->dynamic_shared(name, {file, line});
}

void misaligned(const void* address, std::size_t bytes, std::size_t alignment, const char* file,
                int line) {
  running_block->misaligned(address, bytes, alignment, {file, line});
}

void async_copy(void* to, const void* from, unsigned bytes) {
  running_block->async_copy(to, from, bytes);
}
void async_commit() { running_block->async_commit(); }
void async_wait(unsigned pending) { running_block->async_wait(pending); }

void fence() {
  // Blocks on several OS threads exchange data through fences and relaxed atomics.
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  running_block->fences().fence();
}
void before_atomic(const volatile void* address) { running_block->fences().before_atomic(address); }
void after_atomic(const volatile void* address) { running_block->fences().after_atomic(address); }

}  // namespace mlacheck::cpu
