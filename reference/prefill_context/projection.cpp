#include "reference/prefill_context/projection.hpp"

#include <cmath>

#include "reference/common/alignment.hpp"
#include "reference/common/operand_error.hpp"
#include "reference/common/stored.hpp"

namespace mlacheck::prefill_context {
namespace {

using Eigen::Index;
using reference::Row;
using reference::Rows;

// As in strided_bmm: fp32 operands go through matrix units as TF32 only.
reference::DotArithmetic arithmetic_of(Numerics numerics, DType dtype, bool cuts) {
  numerics.truncating_products = numerics.truncating_products && (dtype != DType::f32 || cuts);
  return reference::dot_arithmetic(numerics, reference::Products::rounded,
                                   cuts ? reference::kUnitTf32 : reference::kUnit16);
}

}  // namespace

KeysAndValues expand(const Eigen::ArrayXXd& latents, const Eigen::Map<const Rows>& weights,
                     std::int64_t width, DType dtype, const Numerics& numerics) {
  const Index latent = weights.rows();
  const Index columns = weights.cols();
  const Index nope = columns - width;
  const Index rope = latents.cols() - latent;
  const bool cuts = dtype == DType::f32 && reference::cuts_operands(numerics);
  const reference::DotArithmetic how = arithmetic_of(numerics, dtype, cuts);
  const Row integral = (weights == weights.round()).colwise().all().cast<double>();
  const Rows weight_errors = cuts ? Rows(reference::operand_errors(weights, numerics)) : Rows(0, 0);

  const reference::Alignment alignment(weights, dtype, how);

  KeysAndValues result;
  result.value.resize(latents.rows(), columns + rope);
  result.unrounded.resize(latents.rows(), columns + rope);
  result.error.setZero(latents.rows(), columns + rope);
  for (Index row = 0; row < latents.rows(); ++row) {
    reference::RowSums sums_of(columns);
    const bool integral_row =
        (latents.row(row).head(latent) == latents.row(row).head(latent).round()).all();
    for (Index l = 0; l < latent; ++l) {
      const double x = latents(row, l);
      sums_of.add(x * weights.row(l));
      alignment.add(sums_of, x, l);
      if (!cuts) continue;
      const double lost = reference::operand_error(x, numerics.operand_digits);
      sums_of.add_input((std::fabs(x) + lost) * weight_errors.row(l) + lost * weights.row(l).abs());
    }
    for (Index column = 0; column < columns; ++column) {
      reference::Sums sums = sums_of[column];
      sums.granule = integral_row && integral[column] != 0 ? 1 : 0;
      const auto terms = static_cast<double>(latent);
      const auto products = [&]() -> Eigen::ArrayXd {
        return latents.row(row).head(latent).transpose() * weights.col(column);
      };
      const auto [value, error] = reference::read_back_sum(
          dtype, terms, reference::with_bias(terms, sums, how, products), how);
      // The key's part comes first in a row of weights, and last here.
      const Index to = column < nope ? width + column : column - nope;
      result.value(row, to) = value;
      result.error(row, to) = error;
      result.unrounded(row, to) = sums.value;
    }
    result.value.row(row).tail(rope) = latents.row(row).tail(rope);
    result.unrounded.row(row).tail(rope) = latents.row(row).tail(rope);
  }
  return result;
}

}  // namespace mlacheck::prefill_context
