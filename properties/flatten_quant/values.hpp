// Contents of x [T, H, V] for quantizers, which look at one group of a head at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/values/dtype.hpp"

namespace mlacheck::flatten_quant {

enum class Values : std::uint8_t {
  integers,     ///< in [-4, 4]
  positions,    ///< each element's own index
  normal,       ///<
  wide,         ///< exponents spread over 2^-12 to 2^12
  ties,         ///< every element halfway between two codes, or next to that; scales powers of two
  every_code,   ///< every code, midpoint and its neighbours of both signs, at one scale after the
                ///< other: a case with enough groups has all there are
  scale_edges,  ///< amax at the mantissas and exponents where a rule's scale changes
  sparse,       ///< normal, with groups and tokens of zeros
  small,        ///< around 1e-10, the least amax of FP8
  tiny,         ///< around the smallest normal number
  zeros,
  huge,     ///< amax at and past 1.75 * 2^127; near the largest number for f16
  special,  ///< infinities, and NaNs of both signs with payloads of several sizes
  alone,  ///< groups of NaN, infinities, the largest number, subnormals or zeros and nothing else,
          ///< or of zeros and one of these
};

/// What the elements must be shaped for.
struct Shape {
  std::int64_t tokens;
  std::int64_t heads;
  std::int64_t columns;
  std::int64_t group;
  /// The values of all codes that are not negative, ascending, and what amax becomes (6 for MXFP4).
  std::vector<double> codes;
  double maximum;
};

/// Bits of all elements in logical order.
std::vector<std::uint32_t> bits_of_x(Values values, DType dtype, std::uint64_t seed,
                                     const Shape& shape);

}  // namespace mlacheck::flatten_quant
