// Output projection of FP8 codes that were quantized in groups of a head,
//
//   out[t, n] = w_scale * sum over the groups g of scale[t, g] * sum over k in g of x[t, k] w[n, k]
//
// with the groups in ascending order and a sum that starts at zero in each of them. Group j of head h
// begins at column h V + j group, and the last one of a head may be short.
#pragma once

#include <cstdint>

#include "harness/device/dialect.h"
#include "harness/device/numeric.h"
#include "kernels/common/formats.h"

namespace mlacheck::MLACHECK_TARGET::output_step {

inline constexpr int kProjectTokens = 16;
inline constexpr int kProjectColumns = 64;
inline constexpr int kProjectThreads = 128;
inline constexpr int kLargestGroup = 128;
/// One more than a group, so that a column of a tile is spread over the memory banks.
inline constexpr int kProjectPitch = kLargestGroup + 1;

/// Strides in elements, in the order of the operand's axes.
template <class Y>
struct ProjectFp8Params {
  const std::uint8_t* codes;  ///< [T, H V]
  std::int64_t codes_row;
  const float* scales;  ///< [T, H groups]
  std::int64_t scales_stride[2];
  const std::uint8_t* w;  ///< [N, H V]
  std::int64_t w_stride[2];
  const float* w_scale;
  Y* out;  ///< [T, N], last stride 1
  std::int64_t out_row;
  std::int64_t tokens;
  std::int64_t columns;  ///< N
  std::int64_t heads;
  std::int64_t width;  ///< V
  std::int64_t group;
};

template <class Format, class Y>
struct ProjectFp8 {
  static constexpr const char* kName = "project_fp8";
  using Params = ProjectFp8Params<Y>;

  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_SHARED(float, x_tile, [kProjectTokens * kProjectPitch]);
    MLACHECK_SHARED(float, w_tile, [kProjectColumns * kProjectPitch]);

    const std::int64_t column_tiles = (p.columns - 1) / kProjectColumns + 1;
    const std::int64_t tile = blockIdx.x;
    const std::int64_t first_column = tile % column_tiles * kProjectColumns;
    const std::int64_t first_token = tile / column_tiles * kProjectTokens;
    const std::int64_t columns = p.columns - first_column;
    const std::int64_t tokens = p.tokens - first_token;
    const std::uint8_t* codes = p.codes + first_token * p.codes_row;
    const std::uint8_t* w = p.w + first_column * p.w_stride[0];

    constexpr int kSets = kProjectThreads / kProjectColumns;
    constexpr int kTokensAThread = kProjectTokens / kSets;
    const int column = static_cast<int>(threadIdx.x) % kProjectColumns;
    const int first_row = static_cast<int>(threadIdx.x) / kProjectColumns;
    float sum[kTokensAThread] = {};

    const std::int64_t groups = p.width == 0 ? 0 : (p.width - 1) / p.group + 1;
    for (std::int64_t g = 0; g < p.heads * groups; ++g) {
      const std::int64_t in_head = g % groups * p.group;
      const std::int64_t first = g / groups * p.width + in_head;
      const std::int64_t left = p.width - in_head;
      const int count = static_cast<int>(left < p.group ? left : p.group);
      load<kProjectTokens>(codes + first, p.codes_row, 1, tokens, count, x_tile);
      load<kProjectColumns>(w + first * p.w_stride[1], p.w_stride[0], p.w_stride[1], columns, count,
                            w_tile);
      __syncthreads();
      for (int i = 0; i < kTokensAThread; ++i) {
        const int token = first_row + i * kSets;
        if (token >= tokens || column >= columns) break;
        float dot = 0.0f;
        for (int e = 0; e < count; ++e) {
          dot += x_tile[token * kProjectPitch + e] * w_tile[column * kProjectPitch + e];
        }
        const float scale =
            p.scales[(first_token + token) * p.scales_stride[0] + g * p.scales_stride[1]];
        sum[i] += dot * scale;
      }
      __syncthreads();
    }

    if (column >= columns) return;
    for (int i = 0; i < kTokensAThread; ++i) {
      const int token = first_row + i * kSets;
      if (token >= tokens) break;
      p.out[(first_token + token) * p.out_row + first_column + column] =
          from_float<Y>(canonical(sum[i] * *p.w_scale));
    }
  }

  // `count` codes of as many rows as there are, at most kRows.
  template <int kRows>
  static MLACHECK_DEVICE void load(const std::uint8_t* codes, std::int64_t row_stride,
                                   std::int64_t step, std::int64_t rows, int count, float* tile) {
    for (int i = static_cast<int>(threadIdx.x); i < kRows * count; i += kProjectThreads) {
      const int row = i / count;
      const int element = i % count;
      if (row >= rows) break;
      tile[row * kProjectPitch + element] =
          decode<Format>(codes[row * row_stride + element * step]);
    }
  }
};

}  // namespace mlacheck::MLACHECK_TARGET::output_step
