// LSEs of partial attention states that belong together.
//
// The error of a merge depends on the difference of the LSEs, not on their size, and a mix-up of
// logarithm bases is invisible at difference 0. So a class names the differences: every part of one
// (token, head) has the same base value, plus a difference of its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

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
};

/// The choices of a case's `lse` field, in the order of LseClass.
const std::vector<std::string>& lse_class_names();
LseClass lse_class(std::string_view name);

/// True if differences may be so large that a weight underflows in fp32. An infinite element then
/// has no agreed answer (0 times infinity).
bool weights_may_vanish(LseClass values);

/// LSE of part `part` (0: prefix or first chunk) of row `row`; a number that fp32 holds.
double lse_value(LseClass values, std::uint64_t seed, std::uint64_t row, std::uint64_t part);

/// The choices of a case's `lse_empty` field: how an empty part is marked.
const std::vector<std::string>& empty_lse_names();

/// -inf or +inf; `either` draws one for each row and part.
double empty_lse(std::string_view convention, std::uint64_t seed, std::uint64_t row,
                 std::uint64_t part);

}  // namespace mlacheck
