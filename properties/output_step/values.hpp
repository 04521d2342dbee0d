// What the latents and the two matrices of weights hold in each value class of output_step.
#pragma once

#include <cstdint>
#include <vector>

#include "properties/quantized_bmm/values.hpp"
#include "reference/output_step/parameters.hpp"

namespace mlacheck::output_step {

/// Simplest first.
enum class Values : std::uint8_t {
  grid,        ///< small integers and scales within few binades: sums are exact
  one_hot,     ///< a row of latents has one element, a row of w_o too: out shows single values
  zero_rows,   ///< as grid, with tokens and columns of zeros
  normal,      ///< ordinary numbers: values are rounded, and so are codes
  one_signed,  ///< the same without cancellation, scales spread over 2^-12 to 2^12
  special,     ///< some latents are infinite, NaN or as large as can be
};

struct Sizes {
  std::int64_t tokens;
  std::int64_t heads;
  std::int64_t latent;
  std::int64_t width;    ///< V
  std::int64_t columns;  ///< N
  std::int64_t row() const { return heads * width; }
};

/// Codes of w_o [N, H V] and what goes with them.
struct OutputWeights {
  std::vector<std::uint32_t> codes;   ///< MXFP4: pairs; without quantization: of `dtype`
  std::vector<std::uint32_t> scales;  ///< MXFP4: bytes; FP8: one fp32 number
};

/// The classes of quantized_bmm that latents and w_uv have, whose products belong together.
quantized_bmm::Values product_values(Values values);

/// An element depends on its logical index, on H V and on the seed.
OutputWeights output_weights(Values values, const Parameters& parameters, DType dtype,
                             std::uint64_t seed, const Sizes& sizes);

}  // namespace mlacheck::output_step
