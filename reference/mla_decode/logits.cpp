#include "reference/mla_decode/logits.hpp"

#include <cmath>

#include "reference/common/alignment.hpp"
#include "reference/common/bounds.hpp"
#include "reference/common/dot_bound.hpp"
#include "reference/common/operand_error.hpp"

namespace mlacheck::mla_decode {
namespace {

using Eigen::ArrayXd;
using Eigen::ArrayXXd;
using Eigen::Index;
using reference::aligned;
using reference::aligned_values;
using reference::cuts_operands;
using reference::dot_arithmetic;
using reference::DotArithmetic;
using reference::kUnit16;
using reference::operand_error;
using reference::operand_errors;
using reference::Products;
using reference::running_error;

constexpr double kU = reference::kFloatRoundoff;
constexpr double kSmallest = 0x1.0p-149;

// A single column that meets no zero of the query, the same in every key; or a scale of 0.
bool are_equal(const ArrayXd& query, const ArrayXXd& keys, double scale) {
  if (scale == 0) return true;
  if ((query != 0).count() > 1) return false;
  Index column = 0;
  query.abs().maxCoeff(&column);
  return (keys.col(column) == keys(0, column)).all();
}

}  // namespace

bool all_integers(const ArrayXd& values) { return (values == values.round()).all(); }

bool sums_are_exact(const ArrayXd& magnitude, const Numerics& numerics) {
  const DotArithmetic how = dot_arithmetic(numerics, Products::rounded, kUnit16);
  return (magnitude * how.spacing() <= 1).all();
}

Logits logits_of(const ArrayXd& query, const ArrayXXd& keys, double scale, const Numerics& numerics,
                 DType dtype) {
  const Index count = keys.rows();
  ArrayXd dot = ArrayXd::Zero(count);
  ArrayXd drift = ArrayXd::Zero(count);
  ArrayXd spread = ArrayXd::Zero(count);
  ArrayXd magnitude = ArrayXd::Zero(count);
  bool integers = all_integers(query);
  const bool cuts = cuts_operands(numerics);
  const double smallest = smallest_normal(dtype);
  ArrayXd lost = ArrayXd::Zero(count);
  for (Index c = 0; c < keys.cols(); ++c) {
    const ArrayXd product = query[c] * keys.col(c);
    // A column that meets a zero of the query cannot round, whatever it holds.
    integers = integers && (query[c] == 0 || all_integers(keys.col(c)));
    dot += product;
    const ArrayXd addend =
        numerics.truncating_products
            ? ArrayXd(aligned(query[c], smallest) * aligned_values(keys.col(c), smallest))
            : ArrayXd(product.abs());
    drift += dot.abs() + addend;
    spread += dot.square() + product.square();
    magnitude += product.abs();
    if (!cuts) continue;
    const double query_error = operand_error(query[c], numerics.operand_digits);
    lost += (std::fabs(query[c]) + query_error) * operand_errors(keys.col(c), numerics) +
            query_error * keys.col(c).abs();
  }
  Logits logits;
  logits.value = scale * dot;
  logits.integers = integers && (lost == 0).all() && sums_are_exact(magnitude, numerics);
  logits.equal = are_equal(query, keys, scale) && logits.value.isFinite().all();
  logits.error = kU * logits.value.abs();
  if (!logits.integers) {
    const double terms = static_cast<double>(keys.cols());
    const double product_u = dot_arithmetic(numerics, Products::rounded, kUnit16).product_u;
    const ArrayXd moved = lost + product_u * (magnitude + lost);
    logits.error +=
        std::fabs(scale) * (1 + 0x1.0p-10) * (running_error(drift, spread, {}, numerics) + moved) +
        std::fabs(scale) * terms * kSmallest;
  }
  return logits;
}

}  // namespace mlacheck::mla_decode
