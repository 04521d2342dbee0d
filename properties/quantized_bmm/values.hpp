// Contents of the operands of the quantized batched product, drawn together so that their products
// mean something.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/values/dtype.hpp"
#include "reference/quantized_bmm/parameters.hpp"

namespace mlacheck::quantized_bmm {

enum class Values {
  grid,        ///< x on the grid of MXFP4, scales within three binades: sums are exact
  x_one_hot,   ///< one element a row of x: out[t, h, v] = x * w[h, v, (t + h) % K]
  w_one_hot,   ///< the same the other way round, at (h + v) % K
  every_code,  ///< the first of these, with w running through all codes along K and, for MXFP4,
               ///< through all scale bytes along V
  ties,        ///< elements midway between codes; sums are exact
  boundaries,  ///< largest elements around those where the scale changes; sums are exact
  zero_rows,   ///< every other row of x is +0 or -0, and every third row of w
  normal,      ///< narrow scales: nearly all sums are exact
  wide,        ///< scales spread over 2^-12 to 2^12: sums are rounded
  one_signed,  ///< the same without cancellation
  tiny,        ///< x around the smallest normal number of its type
  special,  ///< one row of x in four holds infinities, NaN, or the top of the range; one column of
            ///< w in eight a NaN scale; packed x holds NaN scales as well
  alone,    ///< groups of x of NaN, of infinities of one sign, of the largest numbers of one sign,
            ///< of subnormals or of zeros and nothing else; scales of w at both ends
};

struct Sizes {
  std::int64_t tokens;
  std::int64_t heads;
  std::int64_t columns;
  std::int64_t depth;  ///< K
};

/// Packed E2M1 codes and their E8M0 scales, in logical order.
struct MxBits {
  std::vector<std::uint32_t> pairs;
  std::vector<std::uint32_t> scales;
};

/// x [T, H, K] in f16 or bf16. An element depends on its logical index, its operand's sizes and the
/// seed.
std::vector<std::uint32_t> x_bits(Values values, DType dtype, std::uint64_t seed,
                                  const Sizes& sizes);

/// The same x of bf16, quantized; `special` adds scales that no quantizer gives.
MxBits x_codes(Values values, std::uint64_t seed, const Sizes& sizes);

/// w [H, V, K]. `dtype` is that of x, whose range sets the scales of some classes.
MxBits w_codes(Values values, DType dtype, std::uint64_t seed, const Sizes& sizes);

// Form fp8. `largest` is what the largest magnitude of a group becomes: 448, 240 or 224. Elements of
// the exact classes are multiples of 2^e in groups whose largest one is largest * 2^e, so that
// scales are powers of two; `boundaries` and `normal` have arbitrary scales.
/// x [T, H, K] in bf16.
std::vector<std::uint32_t> fp8_x_bits(Values values, std::uint64_t seed, double largest,
                                      const Sizes& sizes);

/// Codes of w [H, V, K]: in `format`.
std::vector<std::uint32_t> fp8_w_codes(Values values, Fp8Format format, std::uint64_t seed,
                                       const Sizes& sizes);

/// The one scale of w in form fp8: of ordinary size, or at an edge of fp32.
enum class WeightScale : std::uint8_t { ordinary, negative, zero, subnormal, smallest, largest };

/// That scale in fp32: a power of two in the exact classes.
std::uint32_t fp8_w_scale(Values values, WeightScale size, std::uint64_t seed);

/// What element k of row `row` of x holds in the class `alone`, in groups of `group`.
double alone_x(DType dtype, std::uint64_t seed, const Sizes& sizes, std::int64_t row,
               std::int64_t k, std::int64_t group, double ordinary);

/// bias [H, V] in bf16.
std::vector<std::uint32_t> fp8_bias_bits(std::uint64_t seed, const Sizes& sizes);

}  // namespace mlacheck::quantized_bmm
