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

/// As multiply(), by the kernel above.
inline Status matrix_multiply(const Arguments& a, const Tensor& out, std::int64_t out_split,
                              LaunchContext& context) {
  const auto blocks = static_cast<unsigned>(tiles_of(a) * a.splits);
  return with_activation(a.x.dtype, [&](auto* activation) {
    using X = std::remove_pointer_t<decltype(activation)>;
    return with_element(out.dtype, [&](auto* element) {
      using Y = std::remove_pointer_t<decltype(element)>;
      MxBmmParams<X, Y> p{.x = a.x.as<const X>(),
                          .x_scales = a.x_scales.as<const std::uint8_t>(),
                          .w = a.w.as<const std::uint8_t>(),
                          .w_scales = a.w_scales.as<const std::uint8_t>(),
                          .out = out.as<Y>(),
                          .out_split = out_split,
                          .tokens = a.tokens(),
                          .heads = a.heads(),
                          .columns = a.columns(),
                          .blocks = a.blocks(),
                          .splits = a.splits};
      copy_strides(a.x, p.x_stride);
      copy_strides(a.x_scales, p.x_scales_stride);
      copy_strides(a.w, p.w_stride);
      copy_strides(a.w_scales, p.w_scales_stride);
      copy_strides(out, p.out_stride);
      return launch<MatrixMxBmm<X, Y>>(context, {blocks}, {kQuantThreads}, 0, p);
    });
  });
}

/// As `strided`.
inline Status matrix(const Call& call, LaunchContext& context) {
  const Arguments a(call);
  if (Status status = check_arguments(a); !status.ok()) return status;
  if (a.out.elements() == 0) return {};
  if (a.form == kFp8) return product(a, context);
  if (a.splits == 1) return matrix_multiply(a, a.out, 0, context);
  const Tensor partials = context.allocate("split_partials", DType::f32,
                                           {a.splits, a.tokens(), a.heads(), a.columns()});
  if (partials.data == nullptr) return no_scratch("split_partials", a.out);
  const Tensor first =
      dense_tensor(partials.data, DType::f32, {a.tokens(), a.heads(), a.columns()});
  if (Status status = matrix_multiply(a, first, first.elements(), context); !status.ok()) {
    return status;
  }
  if (Status status = reduce(a, partials, context); !status.ok()) return status;
  context.release(partials);
  return {};
}

}  // namespace mlacheck::MLACHECK_TARGET::quantized_bmm
