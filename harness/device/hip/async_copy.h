// Asynchronous copies on HIP: include harness/device/dialect.h instead. gfx9 and gfx10 have none in
// this form, so the thread copies at once, and commit and wait have nothing to do. A kernel that
// waits too little is right here by accident.
#pragma once

#include "harness/device/async_chunk.h"

namespace mlacheck::MLACHECK_TARGET {

template <int kBytes>
__device__ inline void async_copy(void* shared_to, const void* global_from) {
  using Chunk = AsyncChunk<kBytes>;
  *static_cast<Chunk*>(shared_to) = *static_cast<const Chunk*>(global_from);
}

__device__ inline void async_commit() {}

template <unsigned kPending>
__device__ inline void async_wait() {}

}  // namespace mlacheck::MLACHECK_TARGET
