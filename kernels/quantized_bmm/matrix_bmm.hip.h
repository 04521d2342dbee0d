// The MXFP4 products with their sums on the matrix unit of AMD's gfx90a. Codes become fp32 in shared memory,
// as in MxBmm, and are exact there; other are the additions (kernels/common/matrix_tile.hip.h). Where all
// partial sums are exact, so are the bits. The FP8 form, whose steps the contract fixes, is that of `strided`.
#pragma once

#include <cstdint>

#include "kernels/common/matrix_tile.hip.h"
#include "kernels/quantized_bmm/quantized_bmm.host.h"

namespace mlacheck::MLACHECK_TARGET::quantized_bmm {

static_assert(kQuantTokens == kMatrixRows && kQuantColumns == kMatrixColumns);
static_assert(kQuantThreads == kMatrixThreads);

template <class X, class Y>
struct MatrixMxBmm {
  static constexpr const char* kName = "matrix_mx_bmm";
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

    MatrixTile sums;
    const std::int64_t last = (split + 1) * p.blocks / p.splits;
    for (std::int64_t block = split * p.blocks / p.splits; block < last;
         block += kQuantSlabBlocks) {
      load_activations(p, at, block, last, x_tile);
      load_weights(p, at, block, last, w_tile);
      __syncthreads();
      sums.template add<kQuantDepth>(x_tile, kQuantPitch, w_tile, kQuantPitch, 1);
      __syncthreads();
    }
    Y* const out = p.out + split * p.out_split + at.head * p.out_stride[1];
    sums.each([&](int token, int column, float sum) {
      if (token < at.tokens && column < at.columns) {
        out[(at.first_token + token) * p.out_stride[0] +
            (at.first_column + column) * p.out_stride[2]] = from_float<Y>(canonical(sum));
      }
    });
  }
};

inline Status matrix(const Call& call, LaunchContext& context) {
  return run_strided<MatrixMxBmm>(call, context);
}

}  // namespace mlacheck::MLACHECK_TARGET::quantized_bmm
