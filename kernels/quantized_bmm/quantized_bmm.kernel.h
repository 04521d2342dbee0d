// Batched product of MXFP4 operands,
//
//   out[t, h, v] = sum over k of x[t, h, k] * w[h, v, k]
//
// over blocks of 32 elements that share a power of two (OCP Microscaling Formats 1.0). Activations
// arrive either packed or in 16 bits, and are then quantized on the way into the tile. Sums are
// fp32, in ascending order of k inside a split and of the splits: the order depends on the sizes
// alone.
#pragma once

#include <cstdint>

#include "harness/device/dialect.h"
#include "harness/device/numeric.h"
#include "kernels/common/formats.h"
#include "kernels/common/quantize.h"

namespace mlacheck::MLACHECK_TARGET::quantized_bmm {

// A thread block computes a tile of kQuantTokens x kQuantColumns outputs of one head from slabs of
// two MX blocks. The tokens are few because decode batches are small.
inline constexpr int kQuantTokens = 16;
inline constexpr int kQuantColumns = 64;
inline constexpr int kQuantSlabBlocks = 2;
inline constexpr int kQuantDepth = kQuantSlabBlocks * kMxBlock;
inline constexpr int kQuantThreads = 128;
/// One more than a row, so that a column of a tile is spread over the memory banks.
inline constexpr int kQuantPitch = kQuantDepth + 1;

/// Marks activations that arrive as pairs of E2M1 codes.
struct PackedCodes {
  std::uint8_t pair;
};

/// Strides in elements, in the order of the operand's axes.
template <class X, class Y>
struct MxBmmParams {
  const X* x;  ///< [T, H, K], or [T, H, K/2] if packed
  std::int64_t x_stride[3];
  const std::uint8_t* x_scales;  ///< [T, H, K/32] if packed
  std::int64_t x_scales_stride[3];
  const std::uint8_t* w;  ///< [H, V, K/2]
  std::int64_t w_stride[3];
  const std::uint8_t* w_scales;  ///< [H, V, K/32]
  std::int64_t w_scales_stride[3];
  Y* out;  ///< [T, H, V], or one of those a split
  std::int64_t out_stride[3];
  std::int64_t out_split;
  std::int64_t tokens;
  std::int64_t heads;
  std::int64_t columns;
  std::int64_t blocks;  ///< K / 32
  std::int64_t splits;
};

/// Where a thread block works.
struct MxBmmPlace {
  std::int64_t head;
  std::int64_t first_token;
  std::int64_t tokens;  ///< from the first one on, past the tile too
  std::int64_t first_column;
  std::int64_t columns;
};

/// A quarter of an MX block of 16-bit activations: the four threads of a block are neighbours, and
/// find its largest magnitude together.
template <class X, class Y>
MLACHECK_DEVICE inline void load_activations(const MxBmmParams<X, Y>& p, const MxBmmPlace& at,
                                             std::int64_t block, std::int64_t last, float* tile) {
  constexpr int kShare = 4;
  constexpr int kElements = kMxBlock / kShare;
  static_assert(kQuantTokens * kQuantSlabBlocks * kShare == kQuantThreads, "one quarter a thread");
  const int share = static_cast<int>(threadIdx.x) % kShare;
  const int slab_block = static_cast<int>(threadIdx.x) / kShare % kQuantSlabBlocks;
  const int token = static_cast<int>(threadIdx.x) / kShare / kQuantSlabBlocks;
  const bool inside = token < at.tokens && block + slab_block < last;
  float element[kElements] = {};
  if (inside) {
    const std::int64_t k = (block + slab_block) * kMxBlock + share * kElements;
    const X* x = p.x + (at.first_token + token) * p.x_stride[0] + at.head * p.x_stride[1];
    for (int i = 0; i < kElements; ++i) element[i] = widen(x[(k + i) * p.x_stride[2]]);
  }
  float amax = amax_of<NanElements::ignored>(element, kElements);
  amax = combine_amax(amax, __shfl_xor_sync(kFullMask, amax, 1));
  amax = combine_amax(amax, __shfl_xor_sync(kFullMask, amax, 2));
  const std::uint8_t scale = mxfp4_scale<ScaleRule::even, SpecialBlock::launder>(amax);
  float* place = tile + token * kQuantPitch + slab_block * kMxBlock + share * kElements;
  for (int i = 0; i < kElements; ++i) {
    place[i] = inside ? mxfp4_value(mxfp4_code(element[i], scale), scale) : 0.0f;
  }
}

/// Rows of packed codes to a tile [kRows, kQuantDepth], zero past `rows` and past the last block.
template <int kRows>
MLACHECK_DEVICE inline void load_codes(const std::uint8_t* codes, std::int64_t codes_row,
                                       std::int64_t codes_step, const std::uint8_t* scales,
                                       std::int64_t scales_row, std::int64_t scales_step,
                                       std::int64_t rows, std::int64_t block, std::int64_t last,
                                       float* tile) {
  constexpr int kBlockPairs = kMxBlock / 2;
  constexpr int kPairs = kQuantDepth / 2;
  for (int i = static_cast<int>(threadIdx.x); i < kRows * kPairs; i += kQuantThreads) {
    const int row = i / kPairs;
    const int pair = i % kPairs;
    const std::int64_t source = block + pair / kBlockPairs;
    float* place = tile + row * kQuantPitch + 2 * pair;
    place[0] = 0.0f;
    place[1] = 0.0f;
    if (row >= rows || source >= last) continue;
    const std::uint8_t code = codes[row * codes_row + (block * kBlockPairs + pair) * codes_step];
    const std::uint8_t scale = scales[row * scales_row + source * scales_step];
    place[0] = mxfp4_value(even_of_pair(code), scale);
    place[1] = mxfp4_value(odd_of_pair(code), scale);
  }
}

template <class Y>
MLACHECK_DEVICE inline void load_activations(const MxBmmParams<PackedCodes, Y>& p,
                                             const MxBmmPlace& at, std::int64_t block,
                                             std::int64_t last, float* tile) {
  const std::int64_t codes = at.first_token * p.x_stride[0] + at.head * p.x_stride[1];
  const std::int64_t scales =
      at.first_token * p.x_scales_stride[0] + at.head * p.x_scales_stride[1];
  load_codes<kQuantTokens>(&p.x->pair + codes, p.x_stride[0], p.x_stride[2], p.x_scales + scales,
                           p.x_scales_stride[0], p.x_scales_stride[2], at.tokens, block, last,
                           tile);
}

template <class X, class Y>
MLACHECK_DEVICE inline void load_weights(const MxBmmParams<X, Y>& p, const MxBmmPlace& at,
                                         std::int64_t block, std::int64_t last, float* tile) {
  const std::int64_t codes = at.head * p.w_stride[0] + at.first_column * p.w_stride[1];
  const std::int64_t scales =
      at.head * p.w_scales_stride[0] + at.first_column * p.w_scales_stride[1];
  load_codes<kQuantColumns>(p.w + codes, p.w_stride[1], p.w_stride[2], p.w_scales + scales,
                            p.w_scales_stride[1], p.w_scales_stride[2], at.columns, block, last,
                            tile);
}

template <class X, class Y>
struct MxBmm {
  static constexpr const char* kName = "mx_bmm";
  using Params = MxBmmParams<X, Y>;

  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_SHARED(float, x_tile, [kQuantTokens * kQuantPitch]);
    MLACHECK_SHARED(float, w_tile, [kQuantColumns * kQuantPitch]);

    const std::int64_t column_tiles = (p.columns - 1) / kQuantColumns + 1;
    const std::int64_t token_tiles = (p.tokens - 1) / kQuantTokens + 1;
    const std::int64_t tile = blockIdx.x;
    const std::int64_t split = tile / column_tiles / token_tiles / p.heads;
    MxBmmPlace at;
    at.first_column = tile % column_tiles * kQuantColumns;
    at.first_token = tile / column_tiles % token_tiles * kQuantTokens;
    at.head = tile / column_tiles / token_tiles % p.heads;
    at.columns = p.columns - at.first_column;
    at.tokens = p.tokens - at.first_token;

    // A thread owns one column and every kGroups-th token, so that few tokens keep all threads
    // busy.
    constexpr int kGroups = kQuantThreads / kQuantColumns;
    constexpr int kTokensAThread = kQuantTokens / kGroups;
    const int column = static_cast<int>(threadIdx.x) % kQuantColumns;
    const int group = static_cast<int>(threadIdx.x) / kQuantColumns;
    float sum[kTokensAThread] = {};

    // A split may have no block at all, and then adds zero.
    const std::int64_t last = (split + 1) * p.blocks / p.splits;
    for (std::int64_t block = split * p.blocks / p.splits; block < last;
         block += kQuantSlabBlocks) {
      load_activations(p, at, block, last, x_tile);
      load_weights(p, at, block, last, w_tile);
      __syncthreads();
      for (int i = 0; i < kTokensAThread; ++i) {
        const int token = group + i * kGroups;
        if (token >= at.tokens) break;
        for (int k = 0; k < kQuantDepth; ++k) {
          sum[i] += x_tile[token * kQuantPitch + k] * w_tile[column * kQuantPitch + k];
        }
      }
      __syncthreads();
    }

    if (column >= at.columns) return;
    Y* out = p.out + split * p.out_split + at.head * p.out_stride[1] +
             (at.first_column + column) * p.out_stride[2];
    for (int i = 0; i < kTokensAThread; ++i) {
      const int token = group + i * kGroups;
      if (token >= at.tokens) break;
      out[(at.first_token + token) * p.out_stride[0]] = from_float<Y>(canonical(sum[i]));
    }
  }
};

inline constexpr int kQuantElementThreads = 128;

template <class Y>
struct ReduceSplitsParams {
  const float* partials;  ///< [splits, T, H, V], dense
  std::int64_t splits;
  Y* out;
  std::int64_t out_stride[3];
  std::int64_t extent[3];
};

// One thread an element; the splits are added in ascending order.
template <class Y>
struct ReduceSplits {
  static constexpr const char* kName = "reduce_splits";
  using Params = ReduceSplitsParams<Y>;

  static MLACHECK_DEVICE void kernel(const Params& p) {
    const std::int64_t index =
        static_cast<std::int64_t>(blockIdx.x) * kQuantElementThreads + threadIdx.x;
    const std::int64_t v = index % p.extent[2];
    const std::int64_t h = index / p.extent[2] % p.extent[1];
    const std::int64_t t = index / p.extent[2] / p.extent[1];
    if (t >= p.extent[0]) return;
    const std::int64_t elements = p.extent[0] * p.extent[1] * p.extent[2];
    float sum = 0.0f;
    for (std::int64_t s = 0; s < p.splits; ++s) sum += p.partials[s * elements + index];
    p.out[t * p.out_stride[0] + h * p.out_stride[1] + v * p.out_stride[2]] =
        from_float<Y>(canonical(sum));
  }
};

}  // namespace mlacheck::MLACHECK_TARGET::quantized_bmm
