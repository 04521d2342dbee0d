// What the roundings of a long sum have in common.
//
// A partial sum s lies on the grid of its binade, the multiples of a spacing g. So s + p is rounded by
// r_g(p) - p, whatever s is (ties and changes of the binade aside), with r_g the nearest multiple of g.
// These are no independent numbers of mean zero where the p are of few kinds: in a sum of 70000 numbers
// 65504 = 255.875 * 256, each step at g = 256 gains 32. The same holds where the p differ by less than
// g, and where most of them are below g / 2 and of one sign.
//
// In an order that does not depend on the data, a step on the grid of g errs by
//
//   m_g = sum (r_g(p) - p) / L
//
// in the mean. So the bias of L steps, on whatever grids, is at most the largest L |m_g|.
//
// What is left varies about that mean. A number uniform in [-a, a] has sinh(a t) / (a t) <=
// exp(a^2 t^2 / 6) for its moment generating function. That is a third of the variance that the
// probabilistic bound (bounds.hpp) takes, which knows nothing but [-a, a]. Hence the bound is
//
//   max(B, B / sqrt(3) + bias), B = lambda u sqrt(...).
//
// Products drawn at random have a bias of about B / 8, so B is what counts for them.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

namespace mlacheck::reference {

/// How much of a probabilistic bound is left where the errors are known to be spread evenly.
inline const double kEvenlySpread = 1 / std::sqrt(3.0);

/// The bias that the probabilistic bound covers.
inline double bias_within(double random) { return (1 - kEvenlySpread) * random; }

/// The probabilistic bound, with a bias.
inline double error_with_bias(double random, double bias) {
  return std::max(random, kEvenlySpread * random + bias);
}

/// The largest |sum (r_g(p) - p)| of the terms p over all spacings g of partial sums up to
/// `largest_sum` in magnitude, in an accumulator of unit roundoff u. A bias of at most `enough` may come
/// out smaller: no spacing is tried that cannot reach it.
double rounding_bias(const Eigen::ArrayXd& terms, double largest_sum, double u, double enough);

}  // namespace mlacheck::reference
