// Warp collectives (CUDA C++ Programming Guide, "Warp Vote", "Warp Reduce", "Warp Shuffle" and
// __syncwarp), at warp width 32 or 64. Each is a rendezvous of the lanes named in the mask. Values
// are handed over through memory: that keeps MSan's shadow with the value, and hides the hand-over
// from TSan, because a shuffle orders no other memory.
#pragma once

#include <cstdint>
#include <type_traits>

#include "harness/device/cpu/runtime.h"

namespace mlacheck::MLACHECK_TARGET {

inline constexpr int kWarpWidth = MLACHECK_WARP_WIDTH;
using LaneMask = std::conditional_t<kWarpWidth == 32, std::uint32_t, unsigned long long>;
inline constexpr LaneMask kFullMask = ~LaneMask{0};

namespace detail {

// A value that CUDA leaves undefined (a source lane that takes no part) is left as the executor
// made it: all bits set, and uninitialised for MSan.
template <class T>
[[gnu::always_inline]] inline T shuffle(cpu::Collective kind, LaneMask mask, const T& value,
                                        unsigned operand, int width, const char* file, int line) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8, "a shuffle moves 4 or 8 bytes");
  T result;
  cpu::collective({kind, sizeof(T), width, operand, mask, &value, &result, file, line});
  return result;
}

[[gnu::always_inline]] inline std::uint64_t vote(cpu::Collective kind, LaneMask mask, int predicate,
                                                 const char* file, int line) {
  const std::uint32_t bit = predicate != 0 ? 1U : 0U;
  std::uint64_t result;
  cpu::collective({kind, sizeof(bit), kWarpWidth, 0, mask, &bit, &result, file, line});
  return result;
}

template <class T>
[[gnu::always_inline]] inline T reduce(cpu::Collective kind, LaneMask mask, T value,
                                       const char* file, int line) {
  T result;
  cpu::collective({kind, sizeof(T), kWarpWidth, 0, mask, &value, &result, file, line});
  return result;
}

}  // namespace detail

#define MLACHECK_CALLER const char *file = __builtin_FILE(), int line = __builtin_LINE()

inline void __syncwarp(LaneMask mask = kFullMask, MLACHECK_CALLER) {
  cpu::collective({cpu::Collective::sync, 0, kWarpWidth, 0, mask, nullptr, nullptr, file, line});
}

// T is int, unsigned, long, unsigned long, long long, unsigned long long, float or double, as in
// CUDA.
template <class T>
[[gnu::always_inline]] inline T __shfl_sync(LaneMask mask, T value, int source_lane,
                                            int width = kWarpWidth, MLACHECK_CALLER) {
  return detail::shuffle(cpu::Collective::shuffle, mask, value, static_cast<unsigned>(source_lane),
                         width, file, line);
}

template <class T>
[[gnu::always_inline]] inline T __shfl_up_sync(LaneMask mask, T value, unsigned delta,
                                               int width = kWarpWidth, MLACHECK_CALLER) {
  return detail::shuffle(cpu::Collective::shuffle_up, mask, value, delta, width, file, line);
}

template <class T>
[[gnu::always_inline]] inline T __shfl_down_sync(LaneMask mask, T value, unsigned delta,
                                                 int width = kWarpWidth, MLACHECK_CALLER) {
  return detail::shuffle(cpu::Collective::shuffle_down, mask, value, delta, width, file, line);
}

template <class T>
[[gnu::always_inline]] inline T __shfl_xor_sync(LaneMask mask, T value, int lane_mask,
                                                int width = kWarpWidth, MLACHECK_CALLER) {
  return detail::shuffle(cpu::Collective::shuffle_xor, mask, value,
                         static_cast<unsigned>(lane_mask), width, file, line);
}

inline LaneMask __ballot_sync(LaneMask mask, int predicate, MLACHECK_CALLER) {
  return static_cast<LaneMask>(detail::vote(cpu::Collective::ballot, mask, predicate, file, line));
}

inline int __any_sync(LaneMask mask, int predicate, MLACHECK_CALLER) {
  return static_cast<int>(detail::vote(cpu::Collective::any, mask, predicate, file, line));
}

inline int __all_sync(LaneMask mask, int predicate, MLACHECK_CALLER) {
  return static_cast<int>(detail::vote(cpu::Collective::all, mask, predicate, file, line));
}

inline int __reduce_add_sync(LaneMask mask, int value, MLACHECK_CALLER) {
  return detail::reduce(cpu::Collective::reduce_add, mask, value, file, line);
}
inline unsigned __reduce_add_sync(LaneMask mask, unsigned value, MLACHECK_CALLER) {
  return detail::reduce(cpu::Collective::reduce_add, mask, value, file, line);
}
inline int __reduce_min_sync(LaneMask mask, int value, MLACHECK_CALLER) {
  return detail::reduce(cpu::Collective::reduce_min_signed, mask, value, file, line);
}
inline unsigned __reduce_min_sync(LaneMask mask, unsigned value, MLACHECK_CALLER) {
  return detail::reduce(cpu::Collective::reduce_min_unsigned, mask, value, file, line);
}
inline int __reduce_max_sync(LaneMask mask, int value, MLACHECK_CALLER) {
  return detail::reduce(cpu::Collective::reduce_max_signed, mask, value, file, line);
}
inline unsigned __reduce_max_sync(LaneMask mask, unsigned value, MLACHECK_CALLER) {
  return detail::reduce(cpu::Collective::reduce_max_unsigned, mask, value, file, line);
}

#undef MLACHECK_CALLER

}  // namespace mlacheck::MLACHECK_TARGET
