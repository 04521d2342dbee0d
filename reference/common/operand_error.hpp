// What a unit that keeps fewer digits of its operands does to a product: TF32 keeps 11 of fp32's 24.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

#include "harness/op/numerics.hpp"

namespace mlacheck::reference {

/// Largest error of cutting or rounding `value`, a number of fp32's range, to so many digits. 0 where
/// it has no more.
inline double operand_error(double value, int digits) {
  if (value == 0 || !std::isfinite(value)) return 0;
  // Of the last digit that is kept. Subnormal numbers have no digits below 2^-149.
  const double unit = std::ldexp(1.0, std::max(std::ilogb(value), -126) - digits + 1);
  return std::remainder(value, unit) == 0 ? 0 : unit;
}

/// The same for each of several.
template <class Values>
auto operand_errors(const Values& values, const Numerics& numerics) {
  return values.unaryExpr(
      [digits = numerics.operand_digits](double value) { return operand_error(value, digits); });
}

/// Whether there is anything to ask.
inline bool cuts_operands(const Numerics& numerics) { return numerics.operand_digits < 24; }

}  // namespace mlacheck::reference
