#include "reference/mla_decode/decode_row.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "harness/values/quotient.hpp"
#include "reference/common/alignment.hpp"
#include "reference/common/bounds.hpp"
#include "reference/common/dot_bound.hpp"
#include "reference/common/operand_error.hpp"
#include "reference/common/rounding_bias.hpp"
#include "reference/mla_decode/combine.hpp"
#include "reference/mla_decode/logits.hpp"
#include "reference/mla_decode/shifts.hpp"

namespace mlacheck::mla_decode {
namespace {

using Eigen::ArrayXd;
using Eigen::ArrayXXd;
using Eigen::Index;
using reference::aligned;
using reference::aligned_values;
using reference::cuts_operands;
using reference::dot_arithmetic;
using reference::exp_roundoff;
using reference::kFloatRoundoff;
using reference::kUnit16;
using reference::operand_errors;
using reference::Products;
using reference::running_error;

constexpr double kU = kFloatRoundoff;
constexpr double kSmallest = 0x1.0p-149;
constexpr Index kTile = 16;  // most keys between two rescalings; smaller tiles rescale more often

// What becomes of p v before it is added: P is rounded before it meets V, operands are cut,
// products are rounded. `mean` is sum p |v|, `largest` the largest |v|, `lost` the sum of p times
// the error of v.
ArrayXd product_error(const ArrayXd& mean, const ArrayXd& largest, const ArrayXd& lost, double keys,
                      double mass, const Numerics& numerics) {
  double share = dot_arithmetic(numerics, Products::rounded, kUnit16).product_u;
  double underflow = 0;
  if (numerics.probability_digits < 24) {
    share += std::ldexp(1.0, -numerics.probability_digits);
    if (numerics.probability_digits == digits_of(DType::f16)) {
      underflow += underflow_error(DType::f16);
    }
  }
  if (numerics.operand_digits < std::min(24, numerics.probability_digits)) {
    share += std::ldexp(1.0, 1 - numerics.operand_digits);
    underflow += std::ldexp(1.0, -125 - numerics.operand_digits);
  }
  return lost + share * (mean + lost) + keys * underflow / mass * largest;
}

// The smallest normal number of the type in which P meets V; 0 for fp32, which has none that matters.
double smallest_probability(const Numerics& numerics) {
  for (const DType dtype : {DType::f16, DType::bf16}) {
    if (numerics.probability_digits == digits_of(dtype)) return smallest_normal(dtype);
  }
  return 0;
}

// How often the largest logit so far may change, keys taken forwards or backwards: where it stays, the
// factor is e^0.
Index changes_of_maximum(const ArrayXd& s, const ArrayXd& error) {
  const Index last = s.size() - 1;
  Index most = 0;
  for (const bool backwards : {false, true}) {
    Index changes = 0;
    double highest = -std::numeric_limits<double>::infinity();
    for (Index i = 0; i <= last; ++i) {
      const Index j = backwards ? last - i : i;
      if (i > 0 && s[j] + error[j] > highest) ++changes;
      highest = std::max(highest, s[j] - error[j]);
    }
    most = std::max(most, changes);
  }
  return most;
}

// Of the sums of weight times value, one a column of the values. Keys that are alike, and numbers that
// differ by less than the spacing of a long sum, are rounded alike.
ArrayXd bias_of_sums(const ArrayXd& weight, const Eigen::Ref<const ArrayXXd>& values,
                     const ArrayXd& drift, const ArrayXd& spread, const Numerics& numerics) {
  ArrayXd bias = ArrayXd::Zero(values.cols());
  if (numerics.truncating_products) return bias;
  const double u = reference::accumulator_roundoff(numerics);
  for (Index c = 0; c < values.cols(); ++c) {
    const double random = reference::kLambda * u * std::sqrt(2 * spread[c]);
    if (!(random < 2 * u * drift[c])) continue;
    const ArrayXd terms = weight * values.col(c);
    const double largest =
        std::min(terms.abs().sum(), std::fabs(terms.sum()) + 3 * std::sqrt(terms.square().sum()));
    bias[c] = reference::rounding_bias(terms, largest, u, reference::bias_within(random));
  }
  return bias;
}

// `value_errors` has no rows where the keys are exact.
Part attend_part(const Logits& logits, const ArrayXXd& keys, const ArrayXXd& value_errors,
                 Index first, Index count, const Arithmetic& arithmetic) {
  const Index latent = arithmetic.latent;
  const double exp_error = exp_roundoff(arithmetic.numerics);
  const ArrayXd s = logits.value.segment(first, count);
  const ArrayXd logit_error = logits.error.segment(first, count);
  const double maximum = s.maxCoeff();
  const ArrayXd weight = (s - maximum).exp();
  ArrayXd sum = ArrayXd::Zero(latent);
  ArrayXd spread = ArrayXd::Zero(latent);
  ArrayXd drift = ArrayXd::Zero(latent);
  ArrayXd mean = ArrayXd::Zero(latent);
  ArrayXd largest = ArrayXd::Zero(latent);
  ArrayXd lost = ArrayXd::Zero(latent);
  ArrayXd given = ArrayXd::Zero(latent);  // what the errors of the values add up to so far
  const bool cuts = cuts_operands(arithmetic.numerics);
  const bool truncates = arithmetic.numerics.truncating_products;
  const auto error_of = [&](Index j) -> ArrayXd {
    if (value_errors.rows() == 0) return ArrayXd::Zero(latent);
    return value_errors.row(first + j).transpose();
  };
  double mass = 0;
  double mass_drift = 0;
  for (Index j = 0; j < count; ++j) {
    const ArrayXd value = keys.row(first + j).head(latent).transpose();
    const ArrayXd value_error = error_of(j);
    const ArrayXd term = weight[j] * value;
    sum += term;
    given += weight[j] * value_error;
    const ArrayXd largest_term = term.abs() + weight[j] * value_error;
    const ArrayXd largest_sum = sum.abs() + given;
    spread += largest_sum.square() + largest_term.square();
    drift += largest_sum + largest_term;
    if (truncates) {
      const ArrayXd addend = aligned(weight[j], smallest_probability(arithmetic.numerics)) *
                             aligned_values(value, smallest_normal(arithmetic.dtype));
      drift += (addend - largest_term).max(0);
    }
    mean += largest_term;
    largest = largest.max(value.abs() + value_error);
    if (cuts) lost += weight[j] * operand_errors(value, arithmetic.numerics);
    mass += weight[j];
    mass_drift += mass;
  }
  const ArrayXd p = weight / mass;
  Part part;
  part.keys = count;
  part.out = sum / mass;
  // Rescalings after the first tile multiply a weight by a rounded exponential each.
  const Index tiles = rounded_up_quotient(count, kTile);
  const auto rescalings = static_cast<double>(tiles);
  ArrayXd weight_error = exp_error + kU * (s - maximum).abs() + rescalings * (exp_error + 2 * kU);
  ArrayXd moves = logit_error + weight_error;
  double weight_shift = 0;
  if (arithmetic.numerics.exp_error_absolute > 0) {
    // Each rescaling multiplies weights of at most 1 by one more exponential.
    const Index changes = std::min(tiles, changes_of_maximum(s, logit_error));
    weight_shift =
        (1 + static_cast<double>(changes)) * arithmetic.numerics.exp_error_absolute / mass;
  }
  if (logits.equal) {
    // Every weight and every rescaling is e^0 = 1, and the mass is a count.
    weight_error.setZero();
    moves.setZero();
    weight_shift = 0;
    mass_drift = 0;
  }
  // First-order sensitivities hold up to e^(twice the largest exponent error).
  const auto keys_here = static_cast<double>(count);
  const double inflation =
      std::exp(2 * moves.maxCoeff()) * inflation_of(2 * keys_here * weight_shift);
  // Linear over the keys, never by root of squares: errors of different keys are not independent.
  // Keys that are alike in a prefix round alike in it (the class `ones`, shared prompts), and then
  // all logits move together. Each error is at most its own bound, whatever the others are.
  ArrayXd moved = ArrayXd::Zero(latent);
  for (Index j = 0; j < count; ++j) {
    const ArrayXd distance = (keys.row(first + j).head(latent).transpose() - part.out).abs() +
                             error_of(j) + given / mass;
    moved += distance * (p[j] * moves[j] + weight_shift);
  }
  const ArrayXd bias = bias_of_sums(weight, keys.middleRows(first, count).leftCols(latent), drift,
                                    spread, arithmetic.numerics);
  // Rescalings round the running sums once more a tile: hence the factor 2 under the roots.
  // The mass in the worst case: weights that are alike are rounded to the same side.
  const double mass_error = kU * 2 * mass_drift / mass;
  const double division = reference::division_roundoff(arithmetic.numerics);
  part.error =
      given / mass + inflation * moved +
      running_error(2 * drift, 2 * spread, bias, arithmetic.numerics) / mass +
      product_error(mean / mass, largest, lost / mass, keys_here, mass, arithmetic.numerics) +
      (part.out.abs() + given / mass) * (mass_error + division) + keys_here * kSmallest * largest;
  part.largest_move = moves.maxCoeff() + weight_shift * mass;
  part.lse = maximum + std::log(mass);
  part.lse_error =
      inflation * ((p * (logit_error + weight_error)).sum() + keys_here * weight_shift) +
      mass_error + exp_error * std::fabs(std::log(mass)) + arithmetic.numerics.log_error_absolute +
      kU * std::fabs(part.lse);
  return part;
}

// True if all arithmetic of the row is exact: divisions of what fp32 holds; equal logits or integer
// dot products; every key either at the largest logit or so far below that its exponential
// underflows to 0; a power of two of keys at the largest logit, equally many in each split that has
// any; integer values whose sums the accumulator holds.
bool is_exact(const Logits& logits, const ArrayXXd& keys, Index each,
              const Arithmetic& arithmetic) {
  const Index latent = arithmetic.latent;
  const bool cuts = cuts_operands(arithmetic.numerics);
  constexpr double kUnderflow = 120;  // e^-104 rounds to 0 in fp32; split LSEs differ by a little
  if (!logits.integers && !logits.equal) return false;
  if (!reference::division_is_exact(arithmetic.numerics)) return false;
  const double maximum = logits.value.maxCoeff();
  std::vector<Index> in_split(static_cast<std::size_t>(rounded_up_quotient(keys.rows(), each)), 0);
  Index winners = 0;
  ArrayXd magnitude = ArrayXd::Zero(latent);
  for (Index j = 0; j < keys.rows(); ++j) {
    const ArrayXd value = keys.row(j).head(latent).transpose();
    if (!all_integers(value)) return false;
    if (cuts && (operand_errors(value, arithmetic.numerics) != 0).any()) return false;
    magnitude += value.abs();
    if (logits.value[j] == maximum) {
      ++winners;
      ++in_split[static_cast<std::size_t>(j / each)];
    } else if (maximum - logits.value[j] < kUnderflow) {
      return false;
    }
  }
  Index share = 0;
  for (const Index here : in_split) {
    if (here == 0) continue;
    if (share != 0 && here != share) return false;
    share = here;
  }
  return (winners & (winners - 1)) == 0 && sums_are_exact(magnitude, arithmetic.numerics);
}

// Largest error of a weight, relative, for which what the shifts do is told apart from what the
// subject's own roundings do.
constexpr double kSmallMove = 0x1.0p-6;

// The shifts move by up to (1 + kSmallMove) of what they do where a weight is as far off as that.
bool moves_stay_small(const ArrayXd& shifted, const std::vector<Part>& parts) {
  if (shifted.maxCoeff() > 0x1.0p-3) return false;
  return std::all_of(parts.begin(), parts.end(), [](const Part& part) {
    return part.largest_move + 2 * part.lse_error <= kSmallMove / 2;
  });
}

}  // namespace

Row attend(const ArrayXd& query, const ArrayXXd& keys, const Arithmetic& arithmetic) {
  return attend(query, keys, KeyErrors{}, arithmetic);
}

Row attend(const ArrayXd& query, const ArrayXXd& keys, const KeyErrors& errors,
           const Arithmetic& arithmetic) {
  const Index latent = arithmetic.latent;
  const Index visible = keys.rows();
  Row row;
  if (visible == 0) {
    row.out = ArrayXd::Zero(latent);
    row.out_error = ArrayXd::Zero(latent);
    row.lse = -std::numeric_limits<double>::infinity();
    row.exact = true;
    return row;
  }
  Logits logits = logits_of(query, keys, arithmetic.scale, arithmetic.numerics, arithmetic.dtype);
  const auto moves = [&](const ArrayXd& error) {
    logits.error += error;
    logits.equal = false;
    logits.integers = false;
  };
  if (errors.logit.size() > 0 && (errors.logit != 0).any()) moves(errors.logit);
  ArrayXd shifted;
  if (errors.shifts.size() > 0) {
    shifted = errors.shifts.abs().rowwise().sum();
    // What the shifts add to the roundings of the dot product.
    moves(0x1.0p-10 * shifted);
  }
  const Index each = rounded_up_quotient(visible, arithmetic.splits);
  const auto all_parts = [&] {
    std::vector<Part> parts;
    for (Index first = 0; first < visible; first += each) {
      parts.push_back(attend_part(logits, keys, errors.value, first,
                                  std::min(each, visible - first), arithmetic));
    }
    return parts;
  };
  std::vector<Part> parts = all_parts();
  const bool together = errors.shifts.size() > 0 && moves_stay_small(shifted, parts);
  if (errors.shifts.size() > 0 && !together) {
    moves(shifted);
    parts = all_parts();
  }
  if (arithmetic.splits == 1) {
    row.out = parts.front().out;
    row.out_error = parts.front().error;
    row.lse = parts.front().lse;
    row.lse_error = parts.front().lse_error;
  } else if (logits.equal) {
    row = combine_equal(parts, logits.value[0], logits.error[0], arithmetic.numerics);
  } else {
    row = combine(parts, arithmetic.numerics);
  }
  if (together) {
    // The errors above are those at the middle of the shifts: weights are at most e^(2 shift) of it, and
    // the rest is second order.
    const double grown = std::exp(4 * shifted.maxCoeff());
    const ArrayXd moved = moved_by(errors.shifts, logits.value, keys.leftCols(latent));
    row.out_error = grown * row.out_error + (1 + kSmallMove) * moved;
    row.lse_error = grown * row.lse_error + shifted.maxCoeff();
  }
  row.exact = (errors.value == 0).all() && is_exact(logits, keys, each, arithmetic);
  if (row.exact) {
    // Keys that underflow in the subject add nothing; in double they would add about 1e-53.
    const double maximum = logits.value.maxCoeff();
    ArrayXd sum = ArrayXd::Zero(latent);
    double winners = 0;
    for (Index j = 0; j < visible; ++j) {
      if (logits.value[j] != maximum) continue;
      sum += keys.row(j).head(latent).transpose();
      winners += 1;
    }
    row.out = sum / winners;
    row.out_error = ArrayXd::Zero(latent);
  }
  return row;
}

}  // namespace mlacheck::mla_decode
