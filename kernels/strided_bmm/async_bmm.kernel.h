// TiledBmm as a pipeline: while a block works on one slab of x and w, the next is on its way to
// shared memory by asynchronous copies. Same tiles and arithmetic, so the same bits.
#pragma once

#include <cstdint>

#include "kernels/common/async_fetch.h"
#include "kernels/strided_bmm/strided_bmm.kernel.h"

namespace mlacheck::MLACHECK_TARGET::strided_bmm {

// All threads of a block fetch kOuter x kInner elements into shared memory, where element (i, j)
// lands at to[i * pitch + j]. What lies outside of the window is zero at once.
template <int kOuter, int kInner, class T>
MLACHECK_DEVICE inline void fetch_tile(const BmmWindow<T>& from, T* to, int pitch) {
  constexpr int kElements = kFetchElements<T>;
  constexpr int kPacks = kInner / kElements;
  for (int i = static_cast<int>(threadIdx.x); i < kOuter * kPacks; i += kBmmThreads) {
    const int outer = i / kPacks;
    const int inner = i % kPacks * kElements;
    const T* row = from.data + outer * from.outer_stride;
    T* place = to + outer * pitch + inner;
    if (from.inner_stride == 1 && outer < from.outer && inner + kElements <= from.inner) {
      fetch_pack(place, row + inner);
      continue;
    }
    for (int e = 0; e < kElements; ++e) {
      if (outer < from.outer && inner + e < from.inner) {
        fetch_element(place + e, row + (inner + e) * from.inner_stride);
      } else {
        place[e] = T{};
      }
    }
  }
}

template <class T>
struct AsyncBmm {
  static constexpr const char* kName = "async_bmm";
  using Params = BmmParams<T>;

  // Rows of packs with one pack between them, which spreads a column over the memory banks.
  static constexpr int kDepthPitch = kBmmDepth + kFetchElements<T>;
  static constexpr int kColumnPitch = kBmmColumns + kFetchElements<T>;
  using XSlab = FetchedTile<T, kBmmRows * kDepthPitch>;
  // w lies as it comes, [columns][depth] or [depth][columns]: the larger of the two.
  static constexpr int kWElements = kBmmColumns * kDepthPitch > kBmmDepth* kColumnPitch
                                        ? kBmmColumns* kDepthPitch
                                        : kBmmDepth* kColumnPitch;
  using WSlab = FetchedTile<T, kWElements>;

  static MLACHECK_DEVICE void kernel(const Params& p) {
    MLACHECK_SHARED(XSlab, x_slabs, [2]);
    MLACHECK_SHARED(WSlab, w_slabs, [2]);

    const BmmPlace place = place_of_block(p);
    const T* const x = p.x + place.first_row * p.x_row + place.head * p.x_head;
    const T* const w = p.w + place.head * p.w_head + place.first_column * p.w_column;

    const auto fetch = [&](std::int64_t l, int slab) {
      const std::int64_t depth = p.latent - l;
      fetch_tile<kBmmRows, kBmmDepth>(BmmWindow<T>{x + l, p.x_row, 1, place.rows, depth, false},
                                      x_slabs[slab].element, kDepthPitch);
      T* const to = w_slabs[slab].element;
      if (p.w_latent_inner) {
        fetch_tile<kBmmColumns, kBmmDepth>(
            BmmWindow<T>{w + l, p.w_column, 1, place.columns, depth, false}, to, kDepthPitch);
      } else {
        fetch_tile<kBmmDepth, kBmmColumns>(
            BmmWindow<T>{w + l * p.w_latent, p.w_latent, p.w_column, depth, place.columns, false},
            to, kColumnPitch);
      }
      async_commit();
    };

    const int column = static_cast<int>(threadIdx.x) % kBmmColumns;
    const int group = static_cast<int>(threadIdx.x) / kBmmColumns;
    const int w_step = p.w_latent_inner ? 1 : kColumnPitch;
    const int w_first = p.w_latent_inner ? column * kDepthPitch : column;
    float sum[kBmmRowsAThread] = {};

    int slab = 0;
    if (p.latent > 0) fetch(0, slab);
    for (std::int64_t l = 0; l < p.latent; l += kBmmDepth) {
      if (l + kBmmDepth < p.latent) {
        fetch(l + kBmmDepth, slab ^ 1);
        async_wait<1>();  // this slab has landed; the next one may be on its way
      } else {
        async_wait<0>();
      }
      __syncthreads();
      for (int i = 0; i < kBmmRowsAThread; ++i) {
        const int row = group + i * kBmmGroups;
        if (row >= place.rows) break;
        for (int k = 0; k < kBmmDepth; ++k) {
          sum[i] += to_float(x_slabs[slab].element[row * kDepthPitch + k]) *
                    to_float(w_slabs[slab].element[w_first + k * w_step]);
        }
      }
      __syncthreads();  // the next round fetches into this slab
      slab ^= 1;
    }
    store_sums(p, place, sum);
  }
};

}  // namespace mlacheck::MLACHECK_TARGET::strided_bmm
