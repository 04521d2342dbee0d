// Value classes: how the elements of an operand follow from (class, seed, operand, logical index).
//
// A value never depends on strides, shape or thread, so a layout twin holds the same numbers and
// shrinking a shape keeps the elements it keeps.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "harness/values/dtype.hpp"

namespace mlacheck {

enum class ValueClass {
  integers,    ///< uniform in [-4, 4]: exact in every type; the op sizes its sums
  positions,   ///< the element's own index modulo 251, minus 125: a layout error shows which one
               ///< moved
  normal,      ///< standard normal
  wide,        ///< sign, uniform significand, exponent uniform in [-12, 12]
  cancelling,  ///< neighbours 2i and 2i+1 nearly cancel
  one_signed,  ///< |normal|: no cancellation, so a bias shows
  tiny,        ///< around the smallest normal number of the type, subnormals included
  zeros,       ///< +0 and -0
  special,     ///< normal, with 1 % each of +inf, -inf, NaN
  largest,     ///< next to the largest finite number, of either sign
};

/// The value before rounding to `dtype`.
double raw_value(ValueClass values, DType dtype, std::uint64_t seed, std::uint64_t stream,
                 std::uint64_t index);

/// Bits of `count` elements of the operand `name`, rounded to `dtype`, each times `scale`.
std::vector<std::uint32_t> fill(DType dtype, ValueClass values, std::uint64_t seed,
                                std::string_view name, std::int64_t count, double scale = 1.0);

}  // namespace mlacheck
