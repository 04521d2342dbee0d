// TiledBmm with its sums on the matrix unit of AMD's gfx90a: same tiles in shared memory, which hold
// fp32, and other additions (kernels/common/matrix_tile.hip.h).
#pragma once

#include <cstdint>

#include "kernels/common/matrix_tile.hip.h"
#include "kernels/strided_bmm/strided_bmm.host.h"

namespace mlacheck::MLACHECK_TARGET::strided_bmm {

template <class T>
struct MatrixBmm {
  static constexpr const char* kName = "matrix_bmm";
  using Params = BmmParams<T>;
  static_assert(kBmmRows == kMatrixRows && kBmmColumns == kMatrixColumns);
  static_assert(kBmmThreads == kMatrixThreads);

  static MLACHECK_DEVICE void kernel(const Params& p) {
    constexpr int kXPitch = kBmmDepth + 1;
    constexpr int kWPitch = kBmmColumns + 1;
    MLACHECK_SHARED(float, x_tile, [kBmmRows * kXPitch]);
    MLACHECK_SHARED(float, w_tile, [kBmmDepth * kWPitch]);

    const BmmPlace place = place_of_block(p);
    const auto [head, first_row, first_column, rows, columns] = place;
    const T* const x = p.x + first_row * p.x_row + head * p.x_head;
    const T* const w = p.w + head * p.w_head + first_column * p.w_column;
    MatrixTile sums;
    for (std::int64_t l = 0; l < p.latent; l += kBmmDepth) {
      const std::int64_t depth = p.latent - l;
      load_tile<kBmmRows, kBmmDepth>(BmmWindow<T>{x + l, p.x_row, 1, rows, depth, p.x_packed},
                                     x_tile, kXPitch, 1);
      const T* const slab = w + l * p.w_latent;
      if (p.w_latent_inner) {
        load_tile<kBmmColumns, kBmmDepth>(
            BmmWindow<T>{slab, p.w_column, p.w_latent, columns, depth, p.w_packed}, w_tile, 1,
            kWPitch);
      } else {
        load_tile<kBmmDepth, kBmmColumns>(
            BmmWindow<T>{slab, p.w_latent, p.w_column, depth, columns, p.w_packed}, w_tile, kWPitch,
            1);
      }
      __syncthreads();
      sums.template add<kBmmDepth>(x_tile, kXPitch, w_tile, 1, kWPitch);
      __syncthreads();
    }
    T* const out = p.out + first_row * p.out_row + head * p.out_head + first_column;
    sums.each([&](int row, int column, float sum) {
      if (row < place.rows && column < place.columns) {
        out[row * p.out_row + column] = from_float<T>(canonical(sum));
      }
    });
  }
};

inline Status matrix_product(const BmmTensors& t, LaunchContext& context) {
  const auto blocks = static_cast<unsigned>(product_blocks(t));
  return with_element(t.out.dtype, [&](auto* element) {
    using T = std::remove_pointer_t<decltype(element)>;
    return launch<MatrixBmm<T>>(context, {blocks}, {kBmmThreads}, 0, params_of<T>(t));
  });
}

inline Status matrix(const Call& call, LaunchContext& context) {
  return run_strided(call, context, &matrix_product);
}

}  // namespace mlacheck::MLACHECK_TARGET::strided_bmm
