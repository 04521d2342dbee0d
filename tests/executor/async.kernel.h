// Kernels around asynchronous copies: one that is correct, and one for each way to be wrong.
#pragma once

#include "harness/device/dialect.h"
#include "tests/executor/kernels.hpp"

namespace mlacheck::MLACHECK_TARGET {

inline constexpr int kAsyncThreads = 64;

struct AsyncKernel {
  using Params = executor_test::Params;

  // Float i of slots becomes -1, for all to see.
  template <class Slots>
  static MLACHECK_DEVICE void reset(Slots& slots) {
    for (unsigned i = threadIdx.x; i < sizeof slots / sizeof slots[0]; i += blockDim.x) {
      slots[i] = -1.0f;
    }
    __syncthreads();
  }
};

// out[thread] = sum of in[thread + 64 t] over n tiles t, read as the mirror image of what the thread
// itself has fetched: two buffers, the next tile on its way while one is added. Floats, pairs or
// fours a copy (phases 1, 2, 4).
struct AsyncPipeline : AsyncKernel {
  static constexpr const char* kName = "async_pipeline";

  template <int kFloats>
  static MLACHECK_DEVICE void fetch(const Params& p, int tile, float* slots) {
    const int first = static_cast<int>(threadIdx.x) * kFloats;
    if (first >= kAsyncThreads) return;
    async_copy<kFloats * 4>(slots + tile % 2 * kAsyncThreads + first,
                            p.in + tile * kAsyncThreads + first);
  }
  static MLACHECK_DEVICE void fetch(const Params& p, int tile, float* slots) {
    if (p.phases == 1) fetch<1>(p, tile, slots);
    if (p.phases == 2) fetch<2>(p, tile, slots);
    if (p.phases == 4) fetch<4>(p, tile, slots);
    async_commit();
  }
  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_DYNAMIC_SHARED(float, slots);
    const int tiles = static_cast<int>(p.n);
    const int mirrored = kAsyncThreads - 1 - static_cast<int>(threadIdx.x);
    float sum = 0.0f;
    fetch(p, 0, slots);
    for (int tile = 0; tile < tiles; ++tile) {
      if (tile + 1 < tiles) {
        fetch(p, tile + 1, slots);
        async_wait<1>();
      } else {
        async_wait<0>();
      }
      __syncthreads();
      sum += slots[tile % 2 * kAsyncThreads + mirrored];
      __syncthreads();
    }
    p.out[mirrored] = sum;
  }
};

// What thread t sees of slot t + n, where each thread has copied in[t] to slot t: without a wait
// (phases 0), without a commit before it (1), after it (2), and after it and a barrier (3).
struct AsyncRead : AsyncKernel {
  static constexpr const char* kName = "async_read";
  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_SHARED(float, slots, [2 * kAsyncThreads]);
    reset(slots);
    async_copy<4>(&slots[threadIdx.x], p.in + threadIdx.x);
    if (p.phases != 1) async_commit();
    if (p.phases != 0) async_wait<0>();
    if (p.phases == 3) __syncthreads();
    p.out[threadIdx.x] = slots[(threadIdx.x + p.n) % blockDim.x];
  }
};

// Three groups, of which the second is empty: out[3 t ..] is what the thread sees of the first and
// the third after a wait that leaves one group pending (phases 1) or two (2), then of the third
// after one that leaves none.
struct AsyncGroups : AsyncKernel {
  static constexpr const char* kName = "async_groups";
  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_SHARED(float, slots, [2 * kAsyncThreads]);
    reset(slots);
    const unsigned first = 2 * threadIdx.x;
    async_copy<4>(&slots[first], p.in + threadIdx.x);
    async_commit();
    async_commit();
    async_copy<4>(&slots[first + 1], p.in + threadIdx.x);
    async_commit();
    if (p.phases == 1) async_wait<1>();
    if (p.phases == 2) async_wait<2>();
    if (p.phases == 3) async_wait<3>();
    p.out[3 * threadIdx.x] = slots[first];
    p.out[3 * threadIdx.x + 1] = slots[first + 1];
    async_wait<0>();
    p.out[3 * threadIdx.x + 2] = slots[first + 1];
  }
};

// Thread 0 copies bytes n.. of in to float `writer` of slots, and nobody waits.
struct AsyncForgotten : AsyncKernel {
  static constexpr const char* kName = "async_forgotten";
  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_SHARED(float, slots, [kAsyncThreads]);
    reset(slots);
    if (threadIdx.x == 0) async_copy<16>(slots + p.writer, p.in + p.n);
    __syncthreads();
    p.out[threadIdx.x] = slots[threadIdx.x];
  }
};

// The thread overwrites the source of its copy before the wait.
struct AsyncSourceChanges : AsyncKernel {
  static constexpr const char* kName = "async_source_changes";
  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_SHARED(float, slots, [kAsyncThreads]);
    async_copy<4>(&slots[threadIdx.x], p.out + threadIdx.x);
    async_commit();
    p.out[threadIdx.x] = 2.0f;
    async_wait<0>();
    p.out[threadIdx.x] = slots[threadIdx.x];
  }
};

// The block comes to a standstill while copies are on their way, to memory that outlives it (which
// only the CPU allows).
struct AsyncDeadlock : AsyncKernel {
  static constexpr const char* kName = "async_deadlock";
  static MLACHECK_DEVICE void kernel(const Params& p) {
    async_copy<4>(p.out + threadIdx.x, p.in + threadIdx.x);
    if (threadIdx.x == 0) __syncwarp();
    __syncthreads();
  }
};

// Each thread refills the slot of its neighbour, who may have yet to read it.
struct AsyncTooEarly : AsyncKernel {
  static constexpr const char* kName = "async_too_early";
  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_SHARED(float, slots, [kAsyncThreads]);
    reset(slots);
    async_copy<4>(&slots[(threadIdx.x + 1) % blockDim.x], p.in + threadIdx.x);
    async_commit();
    p.out[threadIdx.x] = slots[threadIdx.x];
    __syncthreads();
    async_wait<0>();
  }
};

}  // namespace mlacheck::MLACHECK_TARGET
