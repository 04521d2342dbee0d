// Batched product of FP8 weights and activations that are quantized on the way into the tile, in
// groups of 128 along K. The steps and their order are the contract's (docs/contracts.md,
// "quantized_bmm"): each group's sum starts at zero, so that no accumulator is longer than a group.
#pragma once

#include <cstdint>

#include "harness/device/dialect.h"
#include "harness/device/numeric.h"
#include "kernels/common/formats.h"
#include "kernels/common/quantize.h"
#include "kernels/quantized_bmm/quantized_bmm.kernel.h"

namespace mlacheck::MLACHECK_TARGET::quantized_bmm {

inline constexpr int kFp8Group = 128;
inline constexpr int kFp8Pitch = kFp8Group + 1;

/// Strides in elements, in the order of the operand's axes.
template <class Y>
struct Fp8BmmParams {
  const BFloat16* x;  ///< [T, H, K]
  std::int64_t x_stride[3];
  const std::uint8_t* w;  ///< [H, V, K]
  std::int64_t w_stride[3];
  const float* w_scale;
  const BFloat16* bias;  ///< [H, V], or null
  std::int64_t bias_stride[2];
  Y* out;  ///< [T, H, V]
  std::int64_t out_stride[3];
  std::int64_t tokens;
  std::int64_t heads;
  std::int64_t columns;
  std::int64_t depth;
  float maximum;
};

template <class Format, class Y>
struct Fp8Bmm {
  static constexpr const char* kName = "fp8_bmm";
  using Params = Fp8BmmParams<Y>;

  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_SHARED(float, x_tile, [kQuantTokens * kFp8Pitch]);
    MLACHECK_SHARED(float, w_tile, [kQuantColumns * kFp8Pitch]);
    MLACHECK_SHARED(float, x_scale, [kQuantTokens]);

    const std::int64_t column_tiles = (p.columns - 1) / kQuantColumns + 1;
    const std::int64_t token_tiles = (p.tokens - 1) / kQuantTokens + 1;
    const std::int64_t tile = blockIdx.x;
    const std::int64_t first_column = tile % column_tiles * kQuantColumns;
    const std::int64_t first_token = tile / column_tiles % token_tiles * kQuantTokens;
    const std::int64_t head = tile / column_tiles / token_tiles;
    const std::int64_t columns = p.columns - first_column;
    const std::int64_t tokens = p.tokens - first_token;
    const BFloat16* x = p.x + first_token * p.x_stride[0] + head * p.x_stride[1];
    const std::uint8_t* w = p.w + head * p.w_stride[0] + first_column * p.w_stride[1];

    constexpr int kGroups = kQuantThreads / kQuantColumns;
    constexpr int kTokensAThread = kQuantTokens / kGroups;
    const int column = static_cast<int>(threadIdx.x) % kQuantColumns;
    const int first_row = static_cast<int>(threadIdx.x) / kQuantColumns;
    float sum[kTokensAThread] = {};

    for (std::int64_t k = 0; k < p.depth; k += kFp8Group) {
      load_group(p, x + k * p.x_stride[2], tokens, p.depth - k, x_tile, x_scale);
      for (int i = static_cast<int>(threadIdx.x); i < kQuantColumns * kFp8Group;
           i += kQuantThreads) {
        const int row = i / kFp8Group;
        const int element = i % kFp8Group;
        const bool inside = row < columns && k + element < p.depth;
        w_tile[row * kFp8Pitch + element] =
            inside ? decode<Format>(w[row * p.w_stride[1] + (k + element) * p.w_stride[2]]) : 0.0f;
      }
      __syncthreads();
      for (int i = 0; i < kTokensAThread; ++i) {
        const int token = first_row + i * kGroups;
        if (token >= tokens) break;
        float dot = 0.0f;
        for (int e = 0; e < kFp8Group; ++e) {
          dot += x_tile[token * kFp8Pitch + e] * w_tile[column * kFp8Pitch + e];
        }
        sum[i] += dot * x_scale[token];
      }
      __syncthreads();
    }

    if (column >= columns) return;
    const std::int64_t v = first_column + column;
    for (int i = 0; i < kTokensAThread; ++i) {
      const int token = first_row + i * kGroups;
      if (token >= tokens) break;
      float result = sum[i] * *p.w_scale;
      if (p.bias != nullptr) {
        const float bias = to_float(p.bias[head * p.bias_stride[0] + v * p.bias_stride[1]]);
        result = to_float(from_float<BFloat16>(to_float(from_float<BFloat16>(result)) + bias));
      }
      p.out[(first_token + token) * p.out_stride[0] + head * p.out_stride[1] +
            v * p.out_stride[2]] = from_float<Y>(canonical(result));
    }
  }

  // Eight neighbouring threads quantize one token's group; `left` is what remains of K.
  static MLACHECK_DEVICE void load_group(const Params& p, const BFloat16* x, std::int64_t tokens,
                                         std::int64_t left, float* tile, float* scales) {
    constexpr int kShare = kQuantThreads / kQuantTokens;
    constexpr int kElements = kFp8Group / kShare;
    static_assert(kShare == 8, "three steps of the reduction");
    const int share = static_cast<int>(threadIdx.x) % kShare;
    const int token = static_cast<int>(threadIdx.x) / kShare;
    float element[kElements] = {};
    for (int i = 0; i < kElements; ++i) {
      const int k = share * kElements + i;
      if (token < tokens && k < left) {
        element[i] = to_float(x[token * p.x_stride[0] + k * p.x_stride[2]]);
      }
    }
    float amax = amax_of<NanElements::ignored>(element, kElements);
    for (int step = 1; step < kShare; step *= 2) {
      amax = combine_amax(amax, __shfl_xor_sync(kFullMask, amax, step));
    }
    const float scale = fp8_scale<ScaleForm::reciprocal>(amax, p.maximum, 1e-10f);
    const float inverse = 1.0f / scale;
    if (share == 0) scales[token] = scale;
    for (int i = 0; i < kElements; ++i) {
      const std::uint8_t code = fp8_code<Format, NanClamp::lowest>(element[i], inverse, p.maximum);
      tile[token * kFp8Pitch + share * kElements + i] = decode<Format>(code);
    }
  }
};

}  // namespace mlacheck::MLACHECK_TARGET::quantized_bmm
