// Batched matrix product of the value up-projection,
//
//   out[b, n, v] = sum over l of x[b, n, l] * w[n, l, v],
//
// accumulated in fp32 in ascending order of l and rounded once. beta is 0: what out held before is
// never read. L = 0 gives +0.
#pragma once

#include <cstdint>

#include "harness/device/dialect.h"
#include "harness/device/numeric.h"

namespace mlacheck::MLACHECK_TARGET {

inline constexpr int kBmmThreads = 64;
inline constexpr int kBmmTileB = 16;
inline constexpr int kBmmTileV = 16;
inline constexpr int kBmmTileL = 32;

/// One block computes a tile of 16 x 16 elements of one head's matrix. Each thread holds four rows
/// of one column.
template <class T>
struct StridedBmm {
  static constexpr const char* kName = "strided_bmm";

  struct Params {
    const T* x;
    std::int64_t x_stride_b;
    std::int64_t x_stride_n;
    std::int64_t x_stride_l;
    const T* w;
    std::int64_t w_stride_n;
    std::int64_t w_stride_l;
    std::int64_t w_stride_v;
    T* out;
    std::int64_t out_stride_b;
    std::int64_t out_stride_n;
    std::int64_t out_stride_v;
    std::int64_t rows;    // B
    std::int64_t width;   // V
    std::int64_t latent;  // L
    std::int64_t tiles_b;
    std::int64_t tiles_v;
  };

  static MLACHECK_DEVICE void kernel(const Params& p) {
    constexpr int kRowsEach = kBmmTileB * kBmmTileV / kBmmThreads;
    // One column more than the tile, so that a column's elements lie in different banks.
    MLACHECK_SHARED(float, x_tile, [kBmmTileB][kBmmTileL + 1]);
    MLACHECK_SHARED(float, w_tile, [kBmmTileL][kBmmTileV + 1]);
    const int thread = static_cast<int>(threadIdx.x);
    const std::int64_t block = blockIdx.x;
    const std::int64_t head = block / (p.tiles_b * p.tiles_v);
    const std::int64_t first_b = block / p.tiles_v % p.tiles_b * kBmmTileB;
    const std::int64_t first_v = block % p.tiles_v * kBmmTileV;
    const int column = thread % kBmmTileV;
    const int first_row = thread / kBmmTileV * kRowsEach;

    float sum[kRowsEach] = {};
    for (std::int64_t first_l = 0; first_l < p.latent; first_l += kBmmTileL) {
      load_x(p, head, first_b, first_l, thread, x_tile);
      load_w(p, head, first_v, first_l, thread, w_tile);
      __syncthreads();
      const std::int64_t left = p.latent - first_l;
      const int depth = left < kBmmTileL ? static_cast<int>(left) : kBmmTileL;
      for (int l = 0; l < depth; ++l) {
        const float factor = w_tile[l][column];
        for (int i = 0; i < kRowsEach; ++i) sum[i] += x_tile[first_row + i][l] * factor;
      }
      __syncthreads();  // the next tile overwrites both
    }

    const std::int64_t v = first_v + column;
    if (v >= p.width) return;
    for (int i = 0; i < kRowsEach; ++i) {
      const std::int64_t b = first_b + first_row + i;
      if (b >= p.rows) return;
      p.out[b * p.out_stride_b + head * p.out_stride_n + v * p.out_stride_v] =
          from_float<T>(sum[i]);
    }
  }

 private:
  static MLACHECK_DEVICE void load_x(const Params& p, std::int64_t head, std::int64_t first_b,
                                     std::int64_t first_l, int thread,
                                     float (&tile)[kBmmTileB][kBmmTileL + 1]) {
    for (int i = thread; i < kBmmTileB * kBmmTileL; i += kBmmThreads) {
      const int row = i / kBmmTileL;
      const int depth = i % kBmmTileL;
      const std::int64_t b = first_b + row;
      const std::int64_t l = first_l + depth;
      tile[row][depth] =
          b < p.rows && l < p.latent
              ? to_float(p.x[b * p.x_stride_b + head * p.x_stride_n + l * p.x_stride_l])
              : 0.0F;
    }
  }

  static MLACHECK_DEVICE void load_w(const Params& p, std::int64_t head, std::int64_t first_v,
                                     std::int64_t first_l, int thread,
                                     float (&tile)[kBmmTileL][kBmmTileV + 1]) {
    for (int i = thread; i < kBmmTileL * kBmmTileV; i += kBmmThreads) {
      const int depth = i / kBmmTileV;
      const int column = i % kBmmTileV;
      const std::int64_t l = first_l + depth;
      const std::int64_t v = first_v + column;
      tile[depth][column] =
          l < p.latent && v < p.width
              ? to_float(p.w[head * p.w_stride_n + l * p.w_stride_l + v * p.w_stride_v])
              : 0.0F;
    }
  }
};

/// The copy that the strided variant saves: dense [N, B, V] into the transposed view of out.
template <class T>
struct TransposeCopy {
  static constexpr const char* kName = "transpose_copy";
  static constexpr int kThreads = 128;

  struct Params {
    const T* from;
    T* out;
    std::int64_t out_stride_b;
    std::int64_t out_stride_n;
    std::int64_t out_stride_v;
    std::int64_t heads;
    std::int64_t rows;
    std::int64_t width;
  };

  static MLACHECK_DEVICE void kernel(const Params& p) {
    const std::int64_t index = std::int64_t{blockIdx.x} * kThreads + threadIdx.x;
    if (index >= p.heads * p.rows * p.width) return;
    const std::int64_t v = index % p.width;
    const std::int64_t b = index / p.width % p.rows;
    const std::int64_t n = index / p.width / p.rows;
    p.out[b * p.out_stride_b + n * p.out_stride_n + v * p.out_stride_v] = p.from[index];
  }
};

}  // namespace mlacheck::MLACHECK_TARGET
