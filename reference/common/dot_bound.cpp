#include "reference/common/dot_bound.hpp"

#include <algorithm>

#include "reference/common/bounds.hpp"
#include "reference/common/rounding_bias.hpp"

namespace mlacheck::reference {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double worst_case(double terms, const Sums& s, const DotArithmetic& how) {
  const double nu = std::max(how.products == Products::rounded ? terms : terms - 1, 0.0) * how.u;
  return nu < 1 ? nu / (1 - nu) * s.magnitude : kInfinity;
}

// Of errors with mean zero.
double fluctuation(double terms, const Sums& s, const DotArithmetic& how) {
  const double variance = how.products == Products::rounded
                              ? (terms + 1) * s.square + terms * s.value * s.value
                              : terms * (s.square + s.value * s.value);
  return kLambda * how.u * std::sqrt(variance);
}

double nearest_error(double terms, const Sums& s, const DotArithmetic& how) {
  return std::min(worst_case(terms, s, how), error_with_bias(fluctuation(terms, s, how), s.bias));
}

// The factor 3 exceeds the root of the integral of a squared Brownian bridge with probability
// e^-44. Both forms also bound every |p|.
double largest_in_step(const Sums& s, PartialSums partial_sums) {
  if (partial_sums == PartialSums::worst) return s.magnitude;
  return std::min(s.magnitude, std::fabs(s.value) + 3 * std::sqrt(s.square));
}

double truncating_error(double terms, const Sums& s, const MatrixUnit& unit) {
  const double largest = largest_in_step(s, unit.partial_sums) + s.subnormal;
  return std::ceil(terms / unit.step) * largest * unit.step_loss();
}

}  // namespace

void Sums::add(double product, double granule_of_product) {
  value += product;
  magnitude += std::fabs(product);
  square += product * product;
  granule = std::min(granule, granule_of_product);
}

RowSums::RowSums(Eigen::Index columns)
    : value_(Row::Zero(columns)),
      magnitude_(Row::Zero(columns)),
      square_(Row::Zero(columns)),
      granule_(Row::Constant(columns, kInfinity)),
      input_(Row::Zero(columns)),
      subnormal_(Row::Zero(columns)),
      product_(columns) {}

Sums RowSums::operator[](Eigen::Index column) const {
  return {value_[column],
          magnitude_[column],
          square_[column],
          granule_[column],
          input_[column],
          subnormal_[column],
          0};
}

double granule(double value) {
  if (value == 0 || !std::isfinite(value)) return kInfinity;
  constexpr int kDigits = 8;
  int exponent = 0;
  auto significand = static_cast<int>(std::ldexp(std::frexp(value, &exponent), kDigits));
  exponent -= kDigits;
  for (; significand % 2 == 0; significand /= 2) ++exponent;
  return std::ldexp(1.0, exponent);
}

DotArithmetic dot_arithmetic(const Numerics& numerics, Products products, const MatrixUnit& unit) {
  DotArithmetic how{accumulator_roundoff(numerics), products,
                    numerics.truncating_products ? &unit : nullptr};
  if (products == Products::rounded && numerics.product_digits < numerics.accumulator_digits) {
    how.product_u = std::ldexp(1.0, -numerics.product_digits);
  }
  return how;
}

bool sum_is_exact(const Sums& sums, const DotArithmetic& how) {
  // The granule and the sum must lie in the range of fp32, too.
  return sums.input == 0 && (sums.magnitude + sums.subnormal) * how.spacing() <= sums.granule &&
         sums.granule >= 0x1.0p-149 && sums.magnitude < 0x1.0p127;
}

Sums with_bias(double terms, Sums sums, const DotArithmetic& how,
               const std::function<Eigen::ArrayXd()>& products) {
  const double random = fluctuation(terms, sums, how);
  if (!std::isfinite(sums.value) || random >= worst_case(terms, sums, how)) return sums;
  if (sum_is_exact(sums, how)) return sums;
  const double largest = largest_in_step(sums, PartialSums::exchangeable);
  sums.bias = rounding_bias(products(), largest, how.u, bias_within(random));
  return sums;
}

double sum_error(double terms, const Sums& sums, const DotArithmetic& how) {
  const double nearest = nearest_error(terms, sums, how);
  const double added =
      how.unit == nullptr ? nearest : std::max(nearest, truncating_error(terms, sums, *how.unit));
  // The sums are of products that have moved already.
  const double moved = sums.input + how.product_u * (sums.magnitude + sums.input);
  return sums.magnitude == 0 ? added : moved + added * (1 + moved / sums.magnitude);
}

Eigen::ArrayXd running_error(const Eigen::ArrayXd& drift, const Eigen::ArrayXd& spread,
                             const Eigen::ArrayXd& bias, const Numerics& numerics) {
  const double u = accumulator_roundoff(numerics);
  if (numerics.truncating_products) return 8 * std::max(u, kFloatRoundoff) * drift;
  Eigen::ArrayXd random = kLambda * u * spread.sqrt();
  for (Eigen::Index i = 0; i < bias.size(); ++i) random[i] = error_with_bias(random[i], bias[i]);
  return (u * drift).min(random);
}

BoundedValue unstored_sum(double terms, const Sums& sums, const DotArithmetic& how) {
  const double value = sums.value == 0 ? 0.0 : sums.value;
  if (!std::isfinite(value) || sums.magnitude == 0 || sum_is_exact(sums, how)) return {value, 0};
  // Products below the normal range of fp32; truncation errs by twice as much as rounding.
  const double underflow = terms * underflow_error(DType::f32) * (how.unit != nullptr ? 2 : 1);
  return {value, sum_error(terms, sums, how) + underflow};
}

BoundedValue stored_sum(DType output, double terms, const Sums& sums, const DotArithmetic& how) {
  const auto [value, inner] = unstored_sum(terms, sums, how);
  // An accumulator of at least fp32 is stored as it is.
  if (inner == 0 || (output == DType::f32 && how.u <= kFloatRoundoff)) return {value, inner};
  return {value, with_output_rounding(output, sums.value, inner)};
}

}  // namespace mlacheck::reference
