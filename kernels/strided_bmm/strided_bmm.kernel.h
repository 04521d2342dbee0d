// Batched product of the MLA value up-projection,
//
//   out[t, h, v] = sum over l of x[t, h, l] * w[h, l, v]
//
// accumulated in fp32 in ascending order of l and rounded once. The order depends on the sizes
// alone: strides and alignment decide how the tiles are loaded, never what is added to what.
#pragma once

#include <cstdint>

#include "harness/device/dialect.h"
#include "harness/device/numeric.h"

namespace mlacheck::MLACHECK_TARGET::strided_bmm {

// A block computes a tile of kBmmRows x kBmmColumns outputs of one head from slabs of kBmmDepth.
// The rows are few because decode batches are small.
inline constexpr int kBmmRows = 16;
inline constexpr int kBmmColumns = 64;
inline constexpr int kBmmDepth = 32;
inline constexpr int kBmmThreads = 128;
inline constexpr int kBmmPackBytes = 16;

// A thread owns one column and every kBmmGroups-th row, so that few rows keep all threads busy.
inline constexpr int kBmmGroups = kBmmThreads / kBmmColumns;
inline constexpr int kBmmRowsAThread = kBmmRows / kBmmGroups;

/// Part of a matrix in memory: element (i, j) is at data + i * outer_stride + j * inner_stride.
/// Outside of outer x inner the matrix counts as zero.
template <class T>
struct BmmWindow {
  const T* data;
  std::int64_t outer_stride;
  std::int64_t inner_stride;
  std::int64_t outer;
  std::int64_t inner;
  bool packed;  ///< inner_stride is 1 and each pack of a row starts on a 16-byte boundary
};

template <class T>
struct alignas(kBmmPackBytes) BmmPack {
  static constexpr int kElements = kBmmPackBytes / static_cast<int>(sizeof(T));
  T element[kBmmPackBytes / sizeof(T)];
};

// All threads of a block copy kOuter x kInner elements into shared memory, where element (i, j)
// lands at to[i * outer_pitch + j * inner_pitch].
template <int kOuter, int kInner, class T>
MLACHECK_DEVICE inline void load_tile(const BmmWindow<T>& from, float* to, int outer_pitch,
                                      int inner_pitch) {
  using Pack = BmmPack<T>;
  constexpr int kPacks = kInner / Pack::kElements;
  for (int i = static_cast<int>(threadIdx.x); i < kOuter * kPacks; i += kBmmThreads) {
    const int outer = i / kPacks;
    const int inner = i % kPacks * Pack::kElements;
    const T* row = from.data + outer * from.outer_stride;
    float* place = to + outer * outer_pitch + inner * inner_pitch;
    if (from.packed && outer < from.outer && inner + Pack::kElements <= from.inner) {
      const auto pack = load_vector<Pack>(row + inner);
      for (int e = 0; e < Pack::kElements; ++e) place[e * inner_pitch] = to_float(pack.element[e]);
      continue;
    }
    for (int e = 0; e < Pack::kElements; ++e) {
      const bool inside = outer < from.outer && inner + e < from.inner;
      place[e * inner_pitch] = inside ? to_float(row[(inner + e) * from.inner_stride]) : 0.0f;
    }
  }
}

/// Strides in elements. The last stride of x and of out is 1.
template <class T>
struct BmmParams {
  const T* x;
  std::int64_t x_row;
  std::int64_t x_head;
  const T* w;
  std::int64_t w_head;
  std::int64_t w_latent;
  std::int64_t w_column;
  T* out;
  std::int64_t out_row;
  std::int64_t out_head;
  std::int64_t rows;
  std::int64_t heads;
  std::int64_t latent;
  std::int64_t columns;
  bool x_packed;
  bool w_packed;
  bool w_latent_inner;  ///< w is read along l, its unit-stride axis, else along v
};

/// The outputs that are left from where a block's tile begins.
struct BmmPlace {
  std::int64_t head;
  std::int64_t first_row;
  std::int64_t first_column;
  std::int64_t rows;
  std::int64_t columns;
};

template <class T>
MLACHECK_DEVICE inline BmmPlace place_of_block(const BmmParams<T>& p) {
  const std::int64_t column_tiles = (p.columns - 1) / kBmmColumns + 1;
  const std::int64_t row_tiles = (p.rows - 1) / kBmmRows + 1;
  const std::int64_t block = blockIdx.x;
  const std::int64_t first_column = block % column_tiles * kBmmColumns;
  const std::int64_t first_row = block / column_tiles % row_tiles * kBmmRows;
  const std::int64_t head = block / column_tiles / row_tiles;
  return {head, first_row, first_column, p.rows - first_row, p.columns - first_column};
}

/// Each thread stores what it has summed up.
template <class T>
MLACHECK_DEVICE inline void store_sums(const BmmParams<T>& p, const BmmPlace& place,
                                       const float (&sum)[kBmmRowsAThread]) {
  const auto [head, first_row, first_column, rows, columns] = place;
  const int column = static_cast<int>(threadIdx.x) % kBmmColumns;
  const int group = static_cast<int>(threadIdx.x) / kBmmColumns;
  if (column >= columns) return;
  T* out = p.out + first_row * p.out_row + head * p.out_head + first_column + column;
  for (int i = 0; i < kBmmRowsAThread; ++i) {
    const int row = group + i * kBmmGroups;
    if (row < rows) out[row * p.out_row] = from_float<T>(canonical(sum[i]));
  }
}

template <class T>
struct TiledBmm {
  static constexpr const char* kName = "tiled_bmm";
  using Params = BmmParams<T>;

  static MLACHECK_DEVICE void kernel(const Params& p) {
    // One more than a row, so that a column of the tile is spread over the memory banks.
    constexpr int kXPitch = kBmmDepth + 1;
    constexpr int kWPitch = kBmmColumns + 1;
    MLACHECK_SHARED(float, x_tile, [kBmmRows * kXPitch]);
    MLACHECK_SHARED(float, w_tile, [kBmmDepth * kWPitch]);

    const BmmPlace place = place_of_block(p);
    const auto [head, first_row, first_column, rows, columns] = place;
    const int column = static_cast<int>(threadIdx.x) % kBmmColumns;
    const int group = static_cast<int>(threadIdx.x) / kBmmColumns;
    float sum[kBmmRowsAThread] = {};

    for (std::int64_t l = 0; l < p.latent; l += kBmmDepth) {
      const std::int64_t depth = p.latent - l;
      const T* x = p.x + first_row * p.x_row + head * p.x_head + l;
      load_tile<kBmmRows, kBmmDepth>(BmmWindow<T>{x, p.x_row, 1, rows, depth, p.x_packed}, x_tile,
                                     kXPitch, 1);
      const T* w = p.w + head * p.w_head + l * p.w_latent + first_column * p.w_column;
      if (p.w_latent_inner) {
        load_tile<kBmmColumns, kBmmDepth>(
            BmmWindow<T>{w, p.w_column, p.w_latent, columns, depth, p.w_packed}, w_tile, 1,
            kWPitch);
      } else {
        load_tile<kBmmDepth, kBmmColumns>(
            BmmWindow<T>{w, p.w_latent, p.w_column, depth, columns, p.w_packed}, w_tile, kWPitch,
            1);
      }
      __syncthreads();
      for (int i = 0; i < kBmmRowsAThread; ++i) {
        const int row = group + i * kBmmGroups;
        if (row >= rows) break;
        for (int k = 0; k < kBmmDepth; ++k) {
          sum[i] += x_tile[row * kXPitch + k] * w_tile[k * kWPitch + column];
        }
      }
      __syncthreads();
    }
    store_sums(p, place, sum);
  }
};

}  // namespace mlacheck::MLACHECK_TARGET::strided_bmm
