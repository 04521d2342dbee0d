// Shared pieces of the error bounds; docs/bounds.md has the derivations.
#pragma once

#include <algorithm>
#include <cmath>

#include "harness/core/dtype.hpp"

namespace mlacheck::reference {

/// Unit roundoff of the accumulator that every bundled kernel uses (fp32, to nearest).
inline constexpr double kAccumulatorRoundoff = 0x1.0p-24;

/// Confidence of the probabilistic bounds. A sum of independent mean-zero errors exceeds lambda
/// standard deviations with probability at most 2 exp(-lambda^2 / 2) (Azuma and Hoeffding; for
/// rounding errors Higham and Mary, SISC 41(5), 2019, and Ipsen and Zhou, arXiv 1906.10465).
/// lambda = 8.5 gives 4e-16 an element: a false alarm in about one run of 10^9 elements in 10^6.
inline constexpr double kLambda = 8.5;

/// Largest error of the one rounding on the store of a result that is within `inner` of `value`.
/// 2 digits of slack are not added: |got - value| <= inner + u (|value| + inner) + eta.
inline double with_output_rounding(DType output, double value, double inner) {
  if (!std::isfinite(value)) return 0.0;
  return inner + unit_roundoff(output) * (std::fabs(value) + inner) + underflow_error(output);
}

/// Error of a sum of `terms` products held in fp32 to nearest, where `magnitude` = sum |a b|:
/// the smaller of the worst case gamma_n * magnitude (Higham, Accuracy and
/// Stability, 2nd ed., section 3.1) and a probabilistic form. The partial sums s_i of the second
/// are bounded by `magnitude` term by term, so that no assumption on the order is needed:
/// lambda * u * sqrt(n) * magnitude.
inline double dot_bound(double terms, double magnitude) {
  const double nu = terms * kAccumulatorRoundoff;
  const double worst = nu / (1.0 - nu);
  const double likely = kLambda * std::sqrt(terms) * kAccumulatorRoundoff;
  return std::min(worst, likely) * magnitude;
}

}  // namespace mlacheck::reference
