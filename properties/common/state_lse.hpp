// LSEs of partial attention states that belong together.
//
// The error of a merge depends on the difference of the LSEs, not on their size, and a mix-up of
// logarithm bases is invisible at difference 0. So a class names the differences: every part of one
// (token, head) has the same base value, plus a difference of its own.
#pragma once

#include <cstdint>

namespace mlacheck {

enum class LseClass {
  equal,        ///< all parts the same small integer: weights are exactly one half
  near,         ///< differences 0, 1 and 4 of either sign
  independent,  ///< normal, standard deviation 3
  far,          ///< differences 0, 16 and 100
  large,        ///< base up to 5e4, differences 0 to 100
  small,        ///< around 0, down to subnormals
  huge,         ///< up to the largest fp32 number, either sign
  nan,          ///< as near, but one in ten is NaN
  level,        ///< all parts far from 0, up to the largest fp32 number; differences 0, 1 and 4, 0
                ///< where fp32 no longer tells them apart
};

/// How an empty part is marked.
enum class EmptyLse : std::uint8_t {
  minus_inf,
  plus_inf,
  either,  ///< drawn for each row and part
};

/// True if differences may be so large that a weight underflows in fp32. An infinite element then
/// has no agreed answer (0 times infinity).
bool weights_may_vanish(LseClass values);

/// LSE of part `part` (0: prefix or first chunk) of row `row`; a number that fp32 holds.
double lse_value(LseClass values, std::uint64_t seed, std::uint64_t row, std::uint64_t part);

double empty_lse(EmptyLse convention, std::uint64_t seed, std::uint64_t row, std::uint64_t part);

}  // namespace mlacheck
