// Shared pieces of the error bounds; docs/bounds.md has the derivations.
#pragma once

#include <cmath>
#include <string>

#include "harness/op/numerics.hpp"
#include "harness/values/dtype.hpp"

namespace mlacheck::reference {

/// Unit roundoff of fp32, in which elementwise arithmetic is done whatever the subject promises.
inline constexpr double kFloatRoundoff = 0x1.0p-24;

/// Unit roundoff of the subject's sums of products.
inline double accumulator_roundoff(const Numerics& numerics) {
  return std::ldexp(1.0, -numerics.accumulator_digits);
}

/// Relative error of the subject's exp and log: an ulp is at most 2 u relative.
inline double exp_roundoff(const Numerics& numerics) {
  return 2 * numerics.exp_error_ulps * kFloatRoundoff;
}

/// Relative error of the subject's division: half an ulp, to nearest, is at most u.
inline double division_roundoff(const Numerics& numerics) {
  return 2 * numerics.division_error_ulps * kFloatRoundoff;
}

/// Whether quotients that fp32 holds are what a division gives.
inline bool division_is_exact(const Numerics& numerics) {
  return numerics.division_error_ulps <= 0.5;
}

/// Relative error of x / s, or of x (1 / s), by the subject's division and one product more.
inline double quotient_error(const Numerics& numerics) {
  return division_roundoff(numerics) + 2 * kFloatRoundoff;
}

/// `numerics` where elements have this type.
inline Numerics resolved(Numerics numerics, DType dtype) {
  const auto resolve = [&](int& digits) {
    if (digits == Numerics::kOfElementType) digits = digits_of(dtype);
  };
  resolve(numerics.probability_digits);
  resolve(numerics.product_digits);
  return numerics;
}

/// Confidence of the probabilistic bounds. A sum of independent mean-zero errors exceeds lambda
/// standard deviations with probability at most 2 exp(-lambda^2 / 2) (Azuma and Hoeffding; for
/// rounding errors Higham and Mary, SISC 41(5), 2019, and Ipsen and Zhou, arXiv 1906.10465).
/// lambda = 8.5 gives 4e-16 an element: a false alarm in about one run of 10^9 elements in 10^6.
inline constexpr double kLambda = 8.5;

/// "lambda = 8.5": how reports name it.
inline std::string lambda_text() {
  std::string digits = std::to_string(kLambda);
  digits.erase(digits.find_last_not_of('0') + 1);
  return "lambda = " + digits;
}

/// Largest error of the one rounding on the store of a result that is within `inner` of `value`:
/// |got - value| <= inner + u (|value| + inner) + eta, with no slack beyond that.
inline double with_output_rounding(DType output, double value, double inner) {
  if (!std::isfinite(value)) return 0.0;
  return inner + unit_roundoff(output) * (std::fabs(value) + inner) + underflow_error(output);
}

}  // namespace mlacheck::reference
