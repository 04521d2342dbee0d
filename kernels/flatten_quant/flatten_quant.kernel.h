// Flattening of attention outputs x [T, H, V] to [T, H * V] and their quantization, for the output
// projection. Groups lie inside one head: a head of V elements has ceil(V / group) of them, of
// which the last may be short.
//
// Two ways to the same bits. FlattenMxfp4 and FlattenFp8 read the view where it lies and give a
// group to some lanes of a warp. RowMxfp4 and RowFp8 quantize dense rows, a thread a group, after
// StridedCopy has made them.
#pragma once

#include <cstdint>

#include "harness/device/dialect.h"
#include "harness/device/numeric.h"
#include "kernels/common/quantize.h"

namespace mlacheck::MLACHECK_TARGET::flatten_quant {

inline constexpr int kFlattenThreads = 64;
/// Lanes that share a group; two elements of an MXFP4 block each.
inline constexpr int kGroupLanes = kMxBlock / 2;
inline constexpr int kGroupsABlock = kFlattenThreads / kGroupLanes;
inline constexpr int kLargestGroup = 128;
inline constexpr int kRowThreads = 64;
inline constexpr float kFlattenEps = 1e-10f;

/// Strides in elements. The last stride of codes is 1.
template <class T, class Scale>
struct FlattenParams {
  const T* x;
  std::int64_t x_stride[3];
  std::uint8_t* codes;
  std::int64_t codes_row;
  Scale* scales;
  std::int64_t scales_stride[2];
  std::int64_t tokens;
  std::int64_t heads;
  std::int64_t columns;  ///< V
  std::int64_t group;
  float maximum;         ///< FP8 only: what the largest magnitude becomes
  bool clamp_keeps_nan;  ///< FP8 only
};

/// Where one group lies.
struct GroupPlace {
  std::int64_t token;
  std::int64_t head;
  std::int64_t first;  ///< element of the head
  std::int64_t scale;  ///< column of scales
  int count;           ///< elements; 0 past the last group
};

/// The place of group `index`, where groups of a token follow each other.
template <class Params>
MLACHECK_DEVICE inline GroupPlace place_of(const Params& p, std::int64_t index) {
  const std::int64_t groups = (p.columns - 1) / p.group + 1;
  const std::int64_t token = index / (p.heads * groups);
  if (token >= p.tokens) return {0, 0, 0, 0, 0};
  const std::int64_t column = index % (p.heads * groups);
  const std::int64_t first = column % groups * p.group;
  const std::int64_t left = p.columns - first;
  return {token, column / groups, first, column, static_cast<int>(left < p.group ? left : p.group)};
}

template <class Params>
MLACHECK_DEVICE inline auto* group_source(const Params& p, const GroupPlace& at) {
  return p.x + at.token * p.x_stride[0] + at.head * p.x_stride[1] + at.first * p.x_stride[2];
}

/// Element of codes, counted in input elements, at which the group's codes begin in their row.
template <class Params>
MLACHECK_DEVICE inline std::int64_t flat_column(const Params& p, const GroupPlace& at) {
  return at.head * p.columns + at.first;
}

template <class Params>
MLACHECK_DEVICE inline auto* group_scale(const Params& p, const GroupPlace& at) {
  return p.scales + at.token * p.scales_stride[0] + at.scale * p.scales_stride[1];
}

/// combine_amax over the lanes of a group, for all of them. The lower lane's magnitude comes first,
/// so that of several NaNs the first one wins.
MLACHECK_DEVICE inline float group_amax(float amax, int lane) {
  for (int offset = 1; offset < kGroupLanes; offset *= 2) {
    const float other = __shfl_xor_sync(kFullMask, amax, offset);
    amax = (lane & offset) != 0 ? combine_amax(other, amax) : combine_amax(amax, other);
  }
  return amax;
}

template <class T, SpecialBlock kSpecial>
struct FlattenMxfp4 {
  static constexpr const char* kName = "flatten_mxfp4";
  using Params = FlattenParams<T, std::uint8_t>;

  static MLACHECK_DEVICE void kernel(const Params& p) {
    const int lane = static_cast<int>(threadIdx.x) % kGroupLanes;
    const GroupPlace at = place_of(p, static_cast<std::int64_t>(blockIdx.x) * kGroupsABlock +
                                          static_cast<int>(threadIdx.x) / kGroupLanes);
    // V is even, so that a lane has both of its elements or none.
    const bool owns = 2 * lane < at.count;
    float even = 0.0f;
    float odd = 0.0f;
    if (owns) {
      const T* x = group_source(p, at) + 2 * lane * p.x_stride[2];
      even = widen(x[0]);
      odd = widen(x[p.x_stride[2]]);
    }
    constexpr NanElements kNans = kNanElements<kSpecial>;
    const float amax =
        group_amax(combine_amax(magnitude_of<kNans>(even), magnitude_of<kNans>(odd)), lane);
    if (!owns) return;
    const std::uint8_t scale = mxfp4_scale<ScaleRule::even, kSpecial>(amax);
    p.codes[at.token * p.codes_row + flat_column(p, at) / 2 + lane] =
        pack_pair(mxfp4_code(even, scale), mxfp4_code(odd, scale));
    if (lane == 0) *group_scale(p, at) = scale;
  }
};

template <class Format>
MLACHECK_DEVICE inline std::uint8_t flatten_fp8_code(float x, float inverse, float maximum,
                                                     bool clamp_keeps_nan) {
  return clamp_keeps_nan ? fp8_code<Format, NanClamp::nan>(x, inverse, maximum)
                         : fp8_code<Format, NanClamp::lowest>(x, inverse, maximum);
}

template <class T, class Format>
struct FlattenFp8 {
  static constexpr const char* kName = "flatten_fp8";
  using Params = FlattenParams<T, float>;

  static MLACHECK_DEVICE void kernel(const Params& p) {
    constexpr int kMine = kLargestGroup / kGroupLanes;
    const int lane = static_cast<int>(threadIdx.x) % kGroupLanes;
    const GroupPlace at = place_of(p, static_cast<std::int64_t>(blockIdx.x) * kGroupsABlock +
                                          static_cast<int>(threadIdx.x) / kGroupLanes);
    const T* x = group_source(p, at);
    float mine[kMine] = {};
    float amax = 0.0f;
    for (int k = 0; k < kMine; ++k) {
      const int i = k * kGroupLanes + lane;
      if (i < at.count) mine[k] = widen(x[i * p.x_stride[2]]);
      amax = combine_amax(amax, magnitude_of<NanElements::ignored>(mine[k]));
    }
    amax = group_amax(amax, lane);
    if (lane >= at.count) return;
    const float scale = fp8_scale<ScaleForm::divide>(amax, p.maximum, kFlattenEps);
    const float inverse = 1.0f / scale;
    std::uint8_t* codes = p.codes + at.token * p.codes_row + flat_column(p, at);
    for (int k = 0; k < kMine; ++k) {
      const int i = k * kGroupLanes + lane;
      if (i >= at.count) break;
      codes[i] = flatten_fp8_code<Format>(mine[k], inverse, p.maximum, p.clamp_keeps_nan);
    }
    if (lane == 0) *group_scale(p, at) = scale;
  }
};

/// Index of the calling thread's group in a row kernel.
MLACHECK_DEVICE inline std::int64_t row_group() {
  return static_cast<std::int64_t>(blockIdx.x) * kRowThreads + threadIdx.x;
}

// The row kernels ask for x of unit stride along V, and ignore x_stride[2].

template <class T, SpecialBlock kSpecial>
struct RowMxfp4 {
  static constexpr const char* kName = "row_mxfp4";
  using Params = FlattenParams<T, std::uint8_t>;

  static MLACHECK_DEVICE void kernel(const Params& p) {
    const GroupPlace at = place_of(p, row_group());
    if (at.count == 0) return;
    const T* x = p.x + at.token * p.x_stride[0] + at.head * p.x_stride[1] + at.first;
    float block[kMxBlock] = {};
    for (int i = 0; i < at.count; ++i) block[i] = widen(x[i]);
    std::uint8_t pairs[kMxBlock / 2];
    quantize_mxfp4<ScaleRule::even, kSpecial>(block, group_scale(p, at), pairs);
    std::uint8_t* codes = p.codes + at.token * p.codes_row + flat_column(p, at) / 2;
    for (int i = 0; i < at.count / 2; ++i) codes[i] = pairs[i];
  }
};

template <class T, class Format>
struct RowFp8 {
  static constexpr const char* kName = "row_fp8";
  using Params = FlattenParams<T, float>;

  static MLACHECK_DEVICE void kernel(const Params& p) {
    const GroupPlace at = place_of(p, row_group());
    if (at.count == 0) return;
    const T* x = p.x + at.token * p.x_stride[0] + at.head * p.x_stride[1] + at.first;
    float amax = 0.0f;
    for (int i = 0; i < at.count; ++i) {
      amax = combine_amax(amax, magnitude_of<NanElements::ignored>(widen(x[i])));
    }
    const float scale = fp8_scale<ScaleForm::divide>(amax, p.maximum, kFlattenEps);
    const float inverse = 1.0f / scale;
    std::uint8_t* codes = p.codes + at.token * p.codes_row + flat_column(p, at);
    for (int i = 0; i < at.count; ++i) {
      codes[i] = flatten_fp8_code<Format>(widen(x[i]), inverse, p.maximum, p.clamp_keeps_nan);
    }
    *group_scale(p, at) = scale;
  }
};

}  // namespace mlacheck::MLACHECK_TARGET::flatten_quant
