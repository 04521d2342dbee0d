// Asynchronous copies on CUDA and HIP: include harness/device/dialect.h instead. PTX ISA, "cp.async".
// Below compute capability 8.0, and on gfx9 and gfx10, there are none in this form: the thread copies
// at once, and has nothing to wait for. A kernel that waits too little is right there by accident.
#pragma once

#include "harness/device/async_chunk.h"

namespace mlacheck::MLACHECK_TARGET {

template <int kBytes>
__device__ inline void async_copy(void* shared_to, const void* global_from) {
  using Chunk = AsyncChunk<kBytes>;
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  const auto to = static_cast<unsigned>(__cvta_generic_to_shared(shared_to));
  const auto from = __cvta_generic_to_global(global_from);
  if constexpr (sizeof(Chunk) == 16) {
    // Past the first-level cache, which only this size can do.
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(to), "l"(from) : "memory");
  } else {
    asm volatile("cp.async.ca.shared.global [%0], [%1], %2;" ::"r"(to), "l"(from), "n"(kBytes)
                 : "memory");
  }
#else
  *static_cast<Chunk*>(shared_to) = *static_cast<const Chunk*>(global_from);
#endif
}

__device__ inline void async_commit() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

template <unsigned kPending>
__device__ inline void async_wait() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
#endif
}

}  // namespace mlacheck::MLACHECK_TARGET
