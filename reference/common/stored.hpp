// What a step of a layer may have stored, for the step that reads it back.
//
// A contract that names the type of an intermediate result names a rounding. Where every number that the
// step may have computed is rounded to the same one, that one is what is stored, and the oracle goes on
// from it: nothing is left to carry. Near the middle between two numbers of the type, either may be
// stored. Each of these is a distance of one unit in the last place that is carried on.
#pragma once

#include "harness/values/dtype.hpp"
#include "reference/common/dot_bound.hpp"

namespace mlacheck::reference {

/// True for the types whose roundings an oracle carries out. The fp32 accumulator errs by as much as
/// a store in fp32 does, so there the stored number is never known.
constexpr bool carries_out_store(DType dtype) {
  return dtype == DType::f16 || dtype == DType::bf16;
}

/// Bound of a zero whose sign is open. Any weight times it is above 0, and below all numbers of any type.
inline constexpr double kOpenSign = 0x1.0p-900;

/// The numbers of type `dtype` that a store rounds [value - inner, value + inner] to: the middle of
/// them, and how far each may be from it; 0 if there is one. For fp32, and where they are not finite:
/// `value` itself, and with_output_rounding.
BoundedValue stored_within(DType dtype, double value, double inner);

/// The same of a sum of so many terms.
BoundedValue read_back_sum(DType dtype, double terms, const Sums& sums, const DotArithmetic& how);

}  // namespace mlacheck::reference
