// What subnormal operands do in a matrix unit that truncates. The unit takes the exponent of a product
// to be the sum of those of its operands, before anything is normalized, and a subnormal operand has
// the exponent of the smallest normal number. So the addends of a step may be cut further up than
// the largest product calls for (MMA-Sim, arXiv 2511.10909; seen on an H200: docs/bounds.md).
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

#include "harness/values/dtype.hpp"
#include "reference/common/dot_bound.hpp"

namespace mlacheck::reference {

/// The magnitude by which the unit aligns an operand: 0 for zero, `smallest_normal` where it is subnormal.
inline double aligned(double value, double smallest_normal) {
  return value == 0 ? 0 : std::max(std::fabs(value), smallest_normal);
}

/// The same for each of several.
template <class Values>
auto aligned_values(const Values& values, double smallest_normal) {
  return values.unaryExpr(
      [smallest_normal](double value) { return aligned(value, smallest_normal); });
}

/// The weights [terms, columns] of dot products, as the unit of `how` aligns them. Without a unit it adds
/// nothing.
class Alignment {
 public:
  Alignment(const Eigen::Ref<const Rows>& weights, DType dtype, const DotArithmetic& how);

  /// Adds what the products of x and row l of the weights, one a column, are aligned by beyond
  /// their own magnitude.
  void add(RowSums& sums, double x, Eigen::Index l) const;

 private:
  double smallest_normal_;
  Rows magnitude_;  // no rows without a unit
  Rows aligned_;
  bool subnormal_ = false;  // any weight
};

}  // namespace mlacheck::reference
