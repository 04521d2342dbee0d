// Correct kernels, each built on one way in which threads work together. No mode may report
// anything about them, whatever the warp width and the order of threads.
#pragma once

#include <cstddef>

#include "harness/device/dialect.h"
#include "tests/executor/kernels.hpp"

namespace mlacheck::MLACHECK_TARGET {

using executor_test::Params;

/// A text as a template argument.
template <std::size_t kSize>
struct Text {
  char text[kSize];
  constexpr Text(const char (&from)[kSize]) {
    for (std::size_t i = 0; i < kSize; ++i) text[i] = from[i];
  }
};

/// What all kernels of these tests have: a name, and the parameters.
template <Text kText>
struct Kernel {
  static constexpr const char* kName = kText.text;
  using Params = executor_test::Params;
};

MLACHECK_DEVICE inline std::int64_t global_index() {
  return std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
}

MLACHECK_DEVICE inline float load_or_zero(const Params& p, std::int64_t i) {
  return i < p.n ? p.in[i] : 0.0f;
}

// out[block] = sum of the block's elements of in; the block size is a power of two.
struct TreeReduction : Kernel<"tree_reduction"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_SHARED(float, partial, [1024]);
    const unsigned t = threadIdx.x;
    partial[t] = load_or_zero(p, global_index());
    __syncthreads();
    for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
      if (t < half) partial[t] += partial[t + half];
      __syncthreads();
    }
    if (t == 0) p.out[blockIdx.x] = partial[0];
  }
};

// The same through shuffles, one partial sum for each warp.
struct WarpReduction : Kernel<"warp_reduction"> {
  static MLACHECK_DEVICE float sum_of_warp(float value) {
    for (unsigned delta = kWarpWidth / 2; delta > 0; delta /= 2) {
      value += __shfl_down_sync(kFullMask, value, delta);
    }
    return value;  // in lane 0
  }
  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_SHARED(float, partial, [1024 / kWarpWidth]);
    const unsigned warp = threadIdx.x / kWarpWidth;
    const unsigned lane = threadIdx.x % kWarpWidth;
    const float sum = sum_of_warp(load_or_zero(p, global_index()));
    if (lane == 0) partial[warp] = sum;
    __syncthreads();
    if (warp != 0) return;
    const float total = sum_of_warp(lane < blockDim.x / kWarpWidth ? partial[lane] : 0.0f);
    if (lane == 0) p.out[blockIdx.x] = total;
  }
};

// out[i] = sum of in[first of block .. i]: Hillis and Steele, two barriers a step.
struct Scan : Kernel<"scan"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_SHARED(float, sums, [1024]);
    const unsigned t = threadIdx.x;
    sums[t] = load_or_zero(p, global_index());
    __syncthreads();
    for (unsigned distance = 1; distance < blockDim.x; distance *= 2) {
      const float before = t >= distance ? sums[t - distance] : 0.0f;
      __syncthreads();
      sums[t] += before;
      __syncthreads();
    }
    if (global_index() < p.n) p.out[global_index()] = sums[t];
  }
};

// out = in transposed, a square of side n (a multiple of 16), in tiles of 16 by 16; block (16,8).
struct Transpose : Kernel<"transpose"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_SHARED(float, tile, [16][17]);
    const std::int64_t row = std::int64_t{blockIdx.y} * 16;
    const std::int64_t column = std::int64_t{blockIdx.x} * 16;
    for (unsigned y = threadIdx.y; y < 16; y += blockDim.y) {
      tile[y][threadIdx.x] = p.in[(row + y) * p.n + column + threadIdx.x];
    }
    __syncthreads();
    for (unsigned y = threadIdx.y; y < 16; y += blockDim.y) {
      p.out[(column + y) * p.n + row + threadIdx.x] = tile[threadIdx.x][y];
    }
  }
};

// counters[v % 16] counts the elements of value v: atomics in shared, then in global memory.
struct Histogram : Kernel<"histogram"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_SHARED(int, bins, [16]);
    if (threadIdx.x < 16) bins[threadIdx.x] = 0;
    __syncthreads();
    if (global_index() < p.n) atomicAdd(&bins[static_cast<int>(p.in[global_index()]) % 16], 1);
    __syncthreads();
    if (threadIdx.x < 16) atomicAdd(&p.counters[threadIdx.x], bins[threadIdx.x]);
  }
};

// out[gridDim] = sum of all; the block that finishes last adds up the others' sums out[0..gridDim).
struct LastBlockReduction : Kernel<"last_block_reduction"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_SHARED(int, is_last, [1]);
    TreeReduction::kernel(p);
    if (threadIdx.x == 0) {
      __threadfence();
      const int done = atomicAdd(p.counters, 1);
      is_last[0] = done == static_cast<int>(gridDim.x) - 1 ? 1 : 0;
      __threadfence();
    }
    __syncthreads();
    if (is_last[0] == 0 || threadIdx.x != 0) return;
    float total = 0.0f;
    for (unsigned b = 0; b < gridDim.x; ++b) total += p.out[b];
    p.out[gridDim.x] = total;
  }
};

// Each lane hands its element to the next lane of its group through shared memory, with warp
// barriers on the whole warp (even steps) or on halves that synchronise apart (odd steps).
struct WarpRotation : Kernel<"warp_rotation"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_SHARED(float, slots, [1024]);
    const unsigned lane = threadIdx.x % kWarpWidth;
    float value = load_or_zero(p, global_index());
    for (int step = 0; step < p.phases; ++step) {
      const unsigned group = step % 2 == 0 ? kWarpWidth : kWarpWidth / 2;
      const unsigned first = lane / group * group;
      const LaneMask mask = (kFullMask >> (static_cast<unsigned>(kWarpWidth) - group)) << first;
      slots[threadIdx.x] = value;
      __syncwarp(mask);
      const unsigned next = first + (lane + 1) % group;
      value = slots[threadIdx.x - lane + next];
      __syncwarp(mask);
    }
    p.out[global_index()] = value;
  }
};

// out = in reversed within the block, through dynamic shared memory of a float for each thread.
struct DynamicReverse : Kernel<"dynamic_reverse"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_DYNAMIC_SHARED(float, buffer);
    buffer[threadIdx.x] = p.in[global_index()];
    __syncthreads();
    p.out[global_index()] = buffer[blockDim.x - 1 - threadIdx.x];
  }
};

// out[12 * thread ..] = every index object: what a launch must get right before anything else.
struct WriteIndices : Kernel<"write_indices"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    const std::int64_t block =
        blockIdx.x + std::int64_t{gridDim.x} * (blockIdx.y + std::int64_t{gridDim.y} * blockIdx.z);
    const std::int64_t thread =
        threadIdx.x + std::int64_t{blockDim.x} * (threadIdx.y + blockDim.y * threadIdx.z);
    float* const out = p.out + 12 * (block * blockDim.x * blockDim.y * blockDim.z + thread);
    const unsigned values[12] = {threadIdx.x, threadIdx.y, threadIdx.z, blockIdx.x,
                                 blockIdx.y,  blockIdx.z,  blockDim.x,  blockDim.y,
                                 blockDim.z,  gridDim.x,   gridDim.y,   gridDim.z};
    for (int i = 0; i < 12; ++i) out[i] = static_cast<float>(values[i]);
  }
};

// Every collective once; out[thread * 20 ..] holds what it gave. in[i] is the lane's value.
struct Collectives : Kernel<"collectives"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    const int lane = static_cast<int>(threadIdx.x) % kWarpWidth;
    float* const out = p.out + std::int64_t{20} * threadIdx.x;
    const float mine = p.in[threadIdx.x];
    out[0] = __shfl_sync(kFullMask, mine, lane + 3);  // wraps round
    out[1] = __shfl_sync(kFullMask, mine, 5, 8);      // lane 5 of each segment
    out[2] = __shfl_up_sync(kFullMask, mine, 2);      // the first two keep their own
    out[3] = __shfl_up_sync(kFullMask, mine, 3, 16);
    out[4] = __shfl_down_sync(kFullMask, mine, 2);  // the last two keep their own
    out[5] = __shfl_down_sync(kFullMask, mine, 3, 16);
    out[6] = __shfl_xor_sync(kFullMask, mine, 1);
    out[7] = __shfl_xor_sync(kFullMask, mine, 8, 8);  // earlier segments only
    out[8] = static_cast<float>(__shfl_sync(kFullMask, std::int64_t{lane} << 33, 7) >> 33);
    out[9] = static_cast<float>(__shfl_sync(kFullMask, 0.5 * lane, 9));
    out[10] = (__ballot_sync(kFullMask, lane % 3 == 0) >> lane & 1U) != 0 ? 1.0f : 0.0f;
    out[11] = static_cast<float>(__any_sync(kFullMask, lane == 17)) +
              2.0f * static_cast<float>(__any_sync(kFullMask, lane < 0)) +
              4.0f * static_cast<float>(__all_sync(kFullMask, lane >= 0)) +
              8.0f * static_cast<float>(__all_sync(kFullMask, lane != 17));
    out[12] = static_cast<float>(__reduce_add_sync(kFullMask, lane - 20));
    out[13] = static_cast<float>(__reduce_min_sync(kFullMask, lane - 20)) +
              1000.0f * static_cast<float>(__reduce_max_sync(kFullMask, lane - 20));
    out[14] = static_cast<float>(__reduce_max_sync(kFullMask, static_cast<unsigned>(lane) + 7U));
    // A part of the warp: the odd lanes among themselves.
    const LaneMask odd = static_cast<LaneMask>(0xaaaaaaaaaaaaaaaaULL);
    for (int i = 15; i < 20; ++i) out[i] = -1.0f;
    if (lane % 2 == 1) {
      out[15] = static_cast<float>(__reduce_add_sync(odd, 1));
      out[16] = static_cast<float>(__reduce_min_sync(odd, lane + 5));
      out[17] = static_cast<float>(__reduce_max_sync(odd, -lane - 5));
      const LaneMask every_fourth = static_cast<LaneMask>(0x2222222222222222ULL);
      out[18] = __ballot_sync(odd, lane % 4 == 1) == every_fourth ? 1.0f : 0.0f;
      out[19] = static_cast<float>(__all_sync(odd, lane % 2) + 2 * __any_sync(odd, lane == 0));
    }
  }
};

}  // namespace mlacheck::MLACHECK_TARGET
