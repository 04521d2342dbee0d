#include "reference/decode_step/product.hpp"

#include <cmath>
#include <limits>

#include "reference/common/bounds.hpp"
#include "reference/common/operand_error.hpp"
#include "reference/common/stored.hpp"

namespace mlacheck::decode_step {
namespace {

using Eigen::Index;
using reference::Rows;

bool cuts(DType dtype, const Numerics& numerics) {
  return dtype == DType::f32 && reference::cuts_operands(numerics);
}

// As in strided_bmm: fp32 operands go through matrix units as TF32 only.
reference::DotArithmetic arithmetic_of(Numerics numerics, DType dtype) {
  const bool cut = cuts(dtype, numerics);
  numerics.truncating_products = numerics.truncating_products && (dtype != DType::f32 || cut);
  return reference::dot_arithmetic(numerics, reference::Products::rounded,
                                   cut ? reference::kUnitTf32 : reference::kUnit16);
}

// The largest power of two that divides all of them; infinite for zeros alone.
double common_granule(const Eigen::ArrayXd& values) {
  double least = std::numeric_limits<double>::infinity();
  for (const double value : values) {
    if (value == 0) continue;
    double unit = std::exp2(std::ilogb(value));
    while (value / unit != std::round(value / unit)) unit /= 2;
    least = std::min(least, unit);
  }
  return least;
}

}  // namespace

Weights::Weights(const double* values, Index rows, Index columns, DType dtype,
                 const Numerics& numerics)
    : value(values, rows, columns),
      error(cuts(dtype, numerics) ? Rows(reference::operand_errors(value, numerics)) : Rows(0, 0)),
      integral((value == value.round()).colwise().all()),
      alignment(value, dtype, arithmetic_of(numerics, dtype)) {}

KnownRow product(const KnownRow& x, const Weights& weights, DType dtype, const Numerics& numerics,
                 Result result) {
  const Index terms = weights.value.rows();
  const Index columns = weights.value.cols();
  const bool cut = cuts(dtype, numerics);
  const reference::DotArithmetic how = arithmetic_of(numerics, dtype);
  const bool known = (x.error == 0).all();
  const double unit = known ? common_granule(x.value) : 0;

  reference::RowSums row_sums(columns);
  for (Index l = 0; l < terms; ++l) {
    row_sums.add(x.value[l] * weights.value.row(l));
    weights.alignment.add(row_sums, x.value[l], l);
    if (!known) row_sums.add_input(x.error[l] * weights.value.row(l).abs());
    if (!cut) continue;
    const double largest = std::fabs(x.value[l]) + x.error[l];
    const double lost = reference::operand_error(largest, numerics.operand_digits);
    row_sums.add_input((largest + lost) * weights.error.row(l) + lost * weights.value.row(l).abs());
  }
  const auto sum_of = [&](Index column) -> reference::BoundedValue {
    reference::Sums sums = row_sums[column];
    sums.granule = weights.integral[column] ? unit : 0;
    if (sums.magnitude == 0 && sums.input > 0) {
      // Every product is 0 by what is known of x. The factor covers the roundings of 1024 terms.
      return {0, reference::with_output_rounding(dtype, 0, (1 + 0x1.0p-10) * sums.input)};
    }
    if (result == Result::compared) {
      return reference::stored_dot(dtype, x.value, weights.value, column, sums, how);
    }
    // A zero of either sign is 0 in every product with it.
    if (reference::is_either_zero(x.value, weights.value, column, sums)) return {0, 0};
    const auto count = static_cast<double>(terms);
    const reference::Sums biased = reference::with_bias(
        count, sums, how, reference::products_of(x.value, weights.value, column));
    return reference::read_back_sum(dtype, count, biased, how);
  };
  KnownRow row{Eigen::ArrayXd::Zero(columns), Eigen::ArrayXd::Zero(columns)};
  for (Index column = 0; column < columns; ++column) {
    const auto [value, error] = sum_of(column);
    row.value[column] = value;
    row.error[column] = error;
  }
  return row;
}

}  // namespace mlacheck::decode_step
