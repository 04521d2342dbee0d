// Masked warp collectives on HIP, whose own take no mask: the lanes of a wave run in lockstep, and
// a shuffle among the active lanes is a shuffle among the lanes of the mask as long as exactly
// those are active, which is what CUDA demands of its callers.
#pragma once

#include <hip/hip_runtime.h>

namespace mlacheck::MLACHECK_TARGET {

#if defined(__AMDGCN__) && __AMDGCN_WAVEFRONT_SIZE == 32
inline constexpr int kWarpWidth = 32;
using LaneMask = unsigned;
#else
// Host compilation, which must not use it, sees 64 too.
inline constexpr int kWarpWidth = 64;
using LaneMask = unsigned long long;
#endif
inline constexpr LaneMask kFullMask = ~LaneMask{0};

MLACHECK_DEVICE inline void __syncwarp(LaneMask = kFullMask) {
#if defined(__AMDGCN__)
  // No instruction: keeps the compiler from moving accesses to memory across.
  __builtin_amdgcn_fence(__ATOMIC_RELEASE, "wavefront");
  __builtin_amdgcn_wave_barrier();
  __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "wavefront");
#else
  __threadfence_block();
#endif
}

template <class T>
MLACHECK_DEVICE inline T __shfl_sync(LaneMask, T value, int source_lane, int width = kWarpWidth) {
  return __shfl(value, source_lane, width);
}
template <class T>
MLACHECK_DEVICE inline T __shfl_up_sync(LaneMask, T value, unsigned delta, int width = kWarpWidth) {
  return __shfl_up(value, delta, width);
}
template <class T>
MLACHECK_DEVICE inline T __shfl_down_sync(LaneMask, T value, unsigned delta,
                                          int width = kWarpWidth) {
  return __shfl_down(value, delta, width);
}
template <class T>
MLACHECK_DEVICE inline T __shfl_xor_sync(LaneMask, T value, int lane_mask, int width = kWarpWidth) {
  return __shfl_xor(value, lane_mask, width);
}

MLACHECK_DEVICE inline LaneMask __ballot_sync(LaneMask mask, int predicate) {
  return static_cast<LaneMask>(__ballot(predicate)) & mask;
}
MLACHECK_DEVICE inline int __any_sync(LaneMask mask, int predicate) {
  return __ballot_sync(mask, predicate) != 0 ? 1 : 0;
}
MLACHECK_DEVICE inline int __all_sync(LaneMask mask, int predicate) {
  return __ballot_sync(mask, predicate == 0 ? 1 : 0) == 0 ? 1 : 0;
}

namespace detail {

// One shuffle for each lane of the mask: correct for every mask, without a need to be fast.
template <class T, class Combine>
MLACHECK_DEVICE inline T reduce(LaneMask mask, T value, Combine combine) {
  T result = value;
  bool begun = false;
  for (int lane = 0; lane < kWarpWidth; ++lane) {
    if ((mask >> lane & 1U) == 0) continue;
    const T other = __shfl(value, lane);
    result = begun ? combine(result, other) : other;
    begun = true;
  }
  return result;
}

struct Add {
  template <class T>
  MLACHECK_DEVICE T operator()(T a, T b) const {
    // Wraps around, as on CUDA, for int too.
    return static_cast<T>(static_cast<unsigned>(a) + static_cast<unsigned>(b));
  }
};
struct Minimum {
  template <class T>
  MLACHECK_DEVICE T operator()(T a, T b) const {
    return b < a ? b : a;
  }
};
struct Maximum {
  template <class T>
  MLACHECK_DEVICE T operator()(T a, T b) const {
    return a < b ? b : a;
  }
};

}  // namespace detail

MLACHECK_DEVICE inline int __reduce_add_sync(LaneMask mask, int value) {
  return detail::reduce(mask, value, detail::Add());
}
MLACHECK_DEVICE inline unsigned __reduce_add_sync(LaneMask mask, unsigned value) {
  return detail::reduce(mask, value, detail::Add());
}
MLACHECK_DEVICE inline int __reduce_min_sync(LaneMask mask, int value) {
  return detail::reduce(mask, value, detail::Minimum());
}
MLACHECK_DEVICE inline unsigned __reduce_min_sync(LaneMask mask, unsigned value) {
  return detail::reduce(mask, value, detail::Minimum());
}
MLACHECK_DEVICE inline int __reduce_max_sync(LaneMask mask, int value) {
  return detail::reduce(mask, value, detail::Maximum());
}
MLACHECK_DEVICE inline unsigned __reduce_max_sync(LaneMask mask, unsigned value) {
  return detail::reduce(mask, value, detail::Maximum());
}

}  // namespace mlacheck::MLACHECK_TARGET
