// Kernels with one planted defect each.
#pragma once

#include "tests/executor/correct.kernel.h"

namespace mlacheck::MLACHECK_TARGET {

// Memory. ---------------------------------------------------------------------------------------

// Thread 0 writes element n of an array of 64.
struct SharedOverrun : Kernel<"shared_overrun"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_SHARED(float, small, [64]);
    if (threadIdx.x == 0) small[p.n] = 1.0f;
  }
};

// Thread 0 writes float n of dynamic shared memory.
struct DynamicOverrun : Kernel<"dynamic_overrun"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_DYNAMIC_SHARED(float, buffer);
    if (threadIdx.x == 0) buffer[p.n] = 1.0f;
  }
};

// Every thread writes its element of out without a look at n.
struct GlobalOverrun : Kernel<"global_overrun"> {
  static MLACHECK_DEVICE void kernel(const Params& p) { p.out[global_index()] = 1.0f; }
};

// Every thread reads its element of in without a look at n.
struct GlobalOverread : Kernel<"global_overread"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    const float value = p.in[global_index()];
    if (global_index() < p.n) p.out[global_index()] = value;
  }
};

// counters[0] + counters[1] overflows, counters[2] is a shift that is too far.
struct UndefinedArithmetic : Kernel<"undefined_arithmetic"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    if (p.phases == 0) p.counters[0] += p.counters[1];
    if (p.phases == 1) p.counters[0] = 1 << p.counters[2];
  }
};

// out[thread] = a shared element, of which thread n never writes its own.
struct SharedUninitialized : Kernel<"shared_uninitialized"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_SHARED(float, values, [256]);
    if (threadIdx.x != p.n) values[threadIdx.x] = 1.0f;
    __syncthreads();
    p.out[threadIdx.x] = values[threadIdx.x];
  }
};

// Thread n decides by a shared element that nobody wrote.
struct SharedUninitializedBranch : Kernel<"shared_uninitialized_branch"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_SHARED(int, flags, [256]);
    if (threadIdx.x != p.n) flags[threadIdx.x] = 1;
    __syncthreads();
    if (flags[threadIdx.x] > 0) atomicAdd(p.counters, 1);
  }
};

// out = 0 where in is not positive, else 1: decides by in[i].
struct GlobalBranch : Kernel<"global_branch"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    p.out[threadIdx.x] = 0.0f;
    if (p.in[threadIdx.x] > 0.0f) p.out[threadIdx.x] = 1.0f;
  }
};

// The value of lane 1 goes to lane 0 by shuffle, to all lanes by vote (phases 1) or sum (phases 2).
struct ShuffleUninitialized : Kernel<"shuffle_uninitialized"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    const float mine = p.in[threadIdx.x];
    float result = 0.0f;
    if (p.phases == 0) result = __shfl_down_sync(kFullMask, mine, 1);
    if (p.phases == 1) result = static_cast<float>(__any_sync(kFullMask, mine > 0.0f));
    if (p.phases == 2) {
      result = static_cast<float>(__reduce_add_sync(kFullMask, static_cast<int>(mine)));
    }
    p.out[threadIdx.x] = result;
  }
};

// Lane 0 reads by shuffle from lane 1, which takes no part: an undefined value.
struct ShuffleFromAbsent : Kernel<"shuffle_from_absent"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    float result = 0.0f;
    if (threadIdx.x % 2 == 0) {
      const LaneMask even = static_cast<LaneMask>(0x5555555555555555ULL);
      result = __shfl_sync(even, 2.0f, threadIdx.x == 0 ? 1 : 0);
    }
    p.out[threadIdx.x] = result;
  }
};

// Races. ----------------------------------------------------------------------------------------

// After `phases` barriers and before another, thread `writer` writes one shared word and thread
// `reader` reads it. Without the last barrier nobody would run ahead of a late thread.
struct SharedRace : Kernel<"shared_race"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_SHARED(int, word, [1]);
    for (int phase = 0; phase < p.phases; ++phase) __syncthreads();
    if (threadIdx.x == p.writer) word[0] = 1;
    if (threadIdx.x == p.reader) p.out[0] = static_cast<float>(word[0]);
    __syncthreads();
  }
};

// The same with one barrier between, which makes it correct.
struct SharedHandover : Kernel<"shared_handover"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_SHARED(int, word, [1]);
    for (int phase = 0; phase < p.phases; ++phase) __syncthreads();
    if (threadIdx.x == p.writer) word[0] = 1;
    __syncthreads();
    if (threadIdx.x == p.reader) p.out[0] = static_cast<float>(word[0]);
  }
};

// The same race on a word of global memory.
struct GlobalRace : Kernel<"global_race"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    for (int phase = 0; phase < p.phases; ++phase) __syncthreads();
    if (threadIdx.x == p.writer) p.counters[0] = 1;
    if (threadIdx.x == p.reader) p.out[0] = static_cast<float>(p.counters[0]);
    __syncthreads();
  }
};

// All threads write one word, and nobody ever waits.
struct WriteWriteRace : Kernel<"write_write_race"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    p.counters[0] = static_cast<int>(threadIdx.x);
  }
};

// Wrong in every thread from phase `writer` on, for every sanitizer: element n of `in` lies past
// its end or is uninitialised, and all threads of all blocks write the phase's word.
struct Flood : Kernel<"flood"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    for (int phase = 0; phase < p.phases; ++phase) {
      if (phase >= static_cast<int>(p.writer)) {
        p.counters[phase] = static_cast<int>(threadIdx.x);
        if (p.in[p.n] > 0.0f) p.out[global_index()] = 1.0f;
      }
      __syncthreads();
    }
  }
};

// A shuffle between a write and a read of shared memory, where a warp barrier belongs.
struct ShuffleIsNoBarrier : Kernel<"shuffle_is_no_barrier"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_SHARED(float, slots, [1024]);
    slots[threadIdx.x] = p.in[threadIdx.x];
    const float other = __shfl_xor_sync(kFullMask, 1.0f, 1);
    p.out[threadIdx.x] = other + slots[threadIdx.x ^ 1U];
  }
};

// Lanes of one half read what the other half wrote, with a warp barrier on each half alone.
struct HalfWarpBarriers : Kernel<"half_warp_barriers"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_SHARED(float, slots, [1024]);
    constexpr unsigned kHalf = kWarpWidth / 2;
    const LaneMask low = kFullMask >> kHalf;
    slots[threadIdx.x] = p.in[threadIdx.x];
    __syncwarp(threadIdx.x % kWarpWidth < kHalf ? low : low << kHalf);
    p.out[threadIdx.x] = slots[threadIdx.x ^ kHalf];
  }
};

// Block `writer` writes one word of global memory and block `reader` reads it.
struct BlockRace : Kernel<"block_race"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_SHARED(float, slots, [1024]);
    slots[threadIdx.x] = 1.0f;
    __syncthreads();
    float value = slots[blockDim.x - 1 - threadIdx.x];
    if (threadIdx.x == 0 && blockIdx.x == p.writer) p.counters[0] = 1;
    if (threadIdx.x == blockDim.x - 1 && blockIdx.x == p.reader) {
      value += static_cast<float>(p.counters[0]);
    }
    p.out[global_index()] = value;
  }
};

// LastBlockReduction without its fences.
struct LastBlockUnfenced : Kernel<"last_block_unfenced"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_SHARED(int, is_last, [1]);
    TreeReduction::kernel(p);
    if (threadIdx.x == 0) {
      is_last[0] = atomicAdd(p.counters, 1) == static_cast<int>(gridDim.x) - 1 ? 1 : 0;
    }
    __syncthreads();
    if (is_last[0] == 0 || threadIdx.x != 0) return;
    float total = 0.0f;
    for (unsigned b = 0; b < gridDim.x; ++b) total += p.out[b];
    p.out[gridDim.x] = total;
  }
};

// TreeReduction without the barrier between its steps: the sum depends on the order of threads.
struct UnorderedReduction : Kernel<"unordered_reduction"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_SHARED(float, partial, [1024]);
    const unsigned t = threadIdx.x;
    partial[t] = load_or_zero(p, global_index());
    __syncthreads();
    for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
      if (t < half) partial[t] += partial[t + half];
    }
    __syncthreads();
    if (t == 0) p.out[blockIdx.x] = partial[0];
  }
};

// Two rounds add up the totals of the warps. Nothing keeps a warp from overwriting its total of the
// first round before all have read it.
struct ReusedTotals : Kernel<"reused_totals"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_SHARED(float, totals, [32]);
    const unsigned lane = threadIdx.x % kWarpWidth;
    float sum = 0.0f;
    for (int round = 0; round < 2; ++round) {
      float mine = p.in[threadIdx.x] + static_cast<float>(round);
      for (unsigned distance = kWarpWidth / 2; distance > 0; distance /= 2) {
        mine += __shfl_down_sync(kFullMask, mine, distance);
      }
      if (lane == 0) totals[threadIdx.x / kWarpWidth] = mine;
      __syncthreads();
      for (unsigned warp = 0; warp < blockDim.x / kWarpWidth; ++warp) sum += totals[warp];
    }
    p.out[threadIdx.x] = sum;
  }
};

// Synchronisation. ------------------------------------------------------------------------------

// Threads below n wait at one barrier, the others at another.
struct DivergentBarrier : Kernel<"divergent_barrier"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    if (threadIdx.x < p.n) {
      __syncthreads();
    } else {
      __syncthreads();
    }
    p.out[threadIdx.x] = 1.0f;
  }
};

// Threads from n on leave before the barrier.
struct EarlyExit : Kernel<"early_exit"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    if (threadIdx.x >= p.n) return;
    __syncthreads();
    p.out[threadIdx.x] = 1.0f;
  }
};

// Lane 3 of each warp leaves before a shuffle of the full mask.
struct ExitedLane : Kernel<"exited_lane"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    if (threadIdx.x % kWarpWidth == 3) return;
    p.out[threadIdx.x] = __shfl_sync(kFullMask, 2.0f, 0);
  }
};

// A shuffle of the full mask: wrong in a block whose last warp is not full.
struct FullMaskShuffle : Kernel<"full_mask_shuffle"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    p.out[threadIdx.x] = __shfl_sync(kFullMask, 2.0f, 0);
  }
};

// Lane 1 calls with a mask that names only lane 0.
struct MaskExcludesCaller : Kernel<"mask_excludes_caller"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    if (threadIdx.x == 1) p.out[0] = static_cast<float>(__ballot_sync(1U, 1));
  }
};

// Lanes 0 and 1 wait for each other under the masks 3 and 7.
struct MaskDisagreement : Kernel<"mask_disagreement"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    if (threadIdx.x == 0) __syncwarp(3U);
    if (threadIdx.x == 1) __syncwarp(7U);
    p.out[threadIdx.x] = 1.0f;
  }
};

// Even lanes vote while odd lanes synchronise, under one mask.
struct CollectiveDisagreement : Kernel<"collective_disagreement"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    float result = 1.0f;
    if (threadIdx.x % 2 == 0) {
      result += static_cast<float>(__any_sync(kFullMask, 1));
    } else {
      __syncwarp();
    }
    p.out[threadIdx.x] = result;
  }
};

struct BadShuffleWidth : Kernel<"bad_shuffle_width"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    p.out[threadIdx.x] = __shfl_sync(kFullMask, 1.0f, 0, static_cast<int>(p.n));
  }
};

struct alignas(16) FourFloats {
  float element[4];
};

// Thread t copies the four floats from element n + 4 t on: misaligned unless n is a multiple of 4.
struct VectorCopy : Kernel<"vector_copy"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    const auto four = load_vector<FourFloats>(p.in + p.n + 4 * threadIdx.x);
    store_vector(p.out + 4 * threadIdx.x, four);
  }
};

// Thread 0 waits in a warp collective, the others of its warp at the block's barrier.
struct Deadlock : Kernel<"deadlock"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    if (threadIdx.x == 0) __syncwarp();
    __syncthreads();
    p.out[threadIdx.x] = 1.0f;
  }
};

// Thread n throws out of a frame; the threads after it use the same stack memory in other frames,
// in which ASan must not find traces of that one.
struct Throws : Kernel<"throws"> {
  template <int kSize>
  [[gnu::noinline]] static MLACHECK_DEVICE float use_frame(const Params& p, bool fail) {
    volatile float local[kSize];
    for (int i = 0; i < kSize; ++i) local[i] = static_cast<float>(p.phases + i);
    if (fail) throw 1;
    return local[(p.phases + kSize) % kSize];
  }
  static MLACHECK_DEVICE void kernel(const Params& p) {
    if (threadIdx.x == p.n) use_frame<4>(p, true);
    p.out[threadIdx.x] = 1.0f + use_frame<100>(p, false);
  }
};

// 40 KiB and 10 KiB: more than the 48 KiB that static arrays may have together.
struct TooMuchShared : Kernel<"too_much_shared"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_SHARED(float, large, [10240]);
    MLACHECK_SHARED(float, more, [2560]);
    large[threadIdx.x] = 1.0f;
    more[threadIdx.x] = 2.0f;
    p.out[threadIdx.x] = large[threadIdx.x] + more[threadIdx.x];
  }
};

// One warp is busy while the block has several barriers: nothing is wrong, and the bench uses it.
struct Barriers : Kernel<"barriers"> {
  static MLACHECK_DEVICE void kernel(const Params& p) {
    for (int phase = 0; phase < p.phases; ++phase) __syncthreads();
    if (p.out != nullptr) p.out[global_index()] = 1.0f;
  }
};

}  // namespace mlacheck::MLACHECK_TARGET
