#include "reference/mla_decode/decode_row.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "harness/values/quotient.hpp"
#include "reference/common/bounds.hpp"
#include "reference/common/dot_bound.hpp"
#include "reference/common/operand_error.hpp"

namespace mlacheck::mla_decode {
namespace {

using Eigen::ArrayXd;
using Eigen::ArrayXXd;
using Eigen::Index;
using reference::cuts_operands;
using reference::dot_arithmetic;
using reference::DotArithmetic;
using reference::exp_roundoff;
using reference::kFloatRoundoff;
using reference::kUnit16;
using reference::operand_error;
using reference::operand_errors;
using reference::Products;
using reference::running_error;

constexpr double kU = kFloatRoundoff;
constexpr double kSmallest = 0x1.0p-149;
constexpr Index kTile = 16;  // most keys between two rescalings; smaller tiles rescale more often

// What becomes of p v before it is added: P is rounded before it meets V, operands are cut, products
// are rounded. `mean` is sum p |v|, `largest` the largest |v|, `lost` the sum of p times the error of v.
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

// What rests on the absolute error of an exponential, where the mass is known to `shift` of itself.
double inflation_of(double shift) {
  return shift < 1 ? 1 / (1 - shift) : std::numeric_limits<double>::infinity();
}

// Logits and the error of each one.
struct Logits {
  ArrayXd value;
  ArrayXd error;
  bool integers = false;  // the dot products are exact in fp32
  bool equal = false;     // whatever the arithmetic, see the header
};

// A single column that meets no zero of the query, the same in every key; or a scale of 0.
bool are_equal(const ArrayXd& query, const ArrayXXd& keys, double scale) {
  if (scale == 0) return true;
  if ((query != 0).count() > 1) return false;
  Index column = 0;
  query.abs().maxCoeff(&column);
  return (keys.col(column) == keys(0, column)).all();
}

bool all_integers(const ArrayXd& values) { return (values == values.round()).all(); }

// Of integers with these sums of magnitudes.
bool sums_are_exact(const ArrayXd& magnitude, const Numerics& numerics) {
  const DotArithmetic how = dot_arithmetic(numerics, Products::rounded, kUnit16);
  return (magnitude * how.spacing() <= 1).all();
}

Logits logits_of(const ArrayXd& query, const ArrayXXd& keys, double scale,
                 const Numerics& numerics) {
  const Index count = keys.rows();
  ArrayXd dot = ArrayXd::Zero(count);
  ArrayXd drift = ArrayXd::Zero(count);
  ArrayXd spread = ArrayXd::Zero(count);
  ArrayXd magnitude = ArrayXd::Zero(count);
  bool integers = all_integers(query);
  const bool cuts = cuts_operands(numerics);
  ArrayXd lost = ArrayXd::Zero(count);
  for (Index c = 0; c < keys.cols(); ++c) {
    const ArrayXd product = query[c] * keys.col(c);
    // A column that meets a zero of the query cannot round, whatever it holds.
    integers = integers && (query[c] == 0 || all_integers(keys.col(c)));
    dot += product;
    drift += dot.abs() + product.abs();
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
        std::fabs(scale) * (1 + 0x1.0p-10) * (running_error(drift, spread, numerics) + moved) +
        std::fabs(scale) * terms * kSmallest;
  }
  return logits;
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

// One split: its normalised result and LSE, with their errors.
struct Part {
  Index keys;
  ArrayXd out;
  ArrayXd error;
  double lse;
  double lse_error;
};

Part attend_part(const Logits& logits, const ArrayXXd& keys, Index first, Index count,
                 const Arithmetic& arithmetic) {
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
  const bool cuts = cuts_operands(arithmetic.numerics);
  double mass = 0;
  double mass_drift = 0;
  for (Index j = 0; j < count; ++j) {
    const ArrayXd value = keys.row(first + j).head(latent).transpose();
    const ArrayXd term = weight[j] * value;
    sum += term;
    spread += sum.square() + term.square();
    drift += sum.abs() + term.abs();
    mean += term.abs();
    largest = largest.max(value.abs());
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
    const ArrayXd distance = (keys.row(first + j).head(latent).transpose() - part.out).abs();
    moved += distance * (p[j] * moves[j] + weight_shift);
  }
  // Rescalings round the running sums once more a tile: hence the factor 2 under the roots.
  // The mass in the worst case: weights that are alike are rounded to the same side.
  const double mass_error = kU * 2 * mass_drift / mass;
  const double division = reference::division_roundoff(arithmetic.numerics);
  part.error =
      inflation * moved + running_error(2 * drift, 2 * spread, arithmetic.numerics) / mass +
      product_error(mean / mass, largest, lost / mass, keys_here, mass, arithmetic.numerics) +
      part.out.abs() * (mass_error + division) + keys_here * kSmallest * largest;
  part.lse = maximum + std::log(mass);
  part.lse_error =
      inflation * ((p * (logit_error + weight_error)).sum() + keys_here * weight_shift) +
      mass_error + exp_error * std::fabs(std::log(mass)) + arithmetic.numerics.log_error_absolute +
      kU * std::fabs(part.lse);
  return part;
}

// Stage 2: the parts by their LSE.
Row combine(const std::vector<Part>& parts, const Numerics& numerics) {
  const double exp_error = exp_roundoff(numerics);
  double highest = parts.front().lse;
  for (const Part& part : parts) highest = std::max(highest, part.lse);
  double mass = 0;
  for (const Part& part : parts) mass += std::exp(part.lse - highest);
  const auto count = static_cast<double>(parts.size());
  Row row;
  row.lse = highest + std::log(mass);
  row.out = ArrayXd::Zero(parts.front().out.size());
  for (const Part& part : parts) row.out += std::exp(part.lse - row.lse) * part.out;
  row.out_error = row.out.abs() * ((count + 1) * kU + reference::division_roundoff(numerics));
  const double shift = numerics.exp_error_absolute / mass;
  const double inflation = inflation_of(2 * count * shift);
  for (const Part& part : parts) {
    const double share = std::exp(part.lse - row.lse);
    const double share_error = part.lse_error + exp_error + kU * std::fabs(part.lse - highest);
    row.out_error +=
        share * part.error +
        inflation * (std::expm1(share_error) * share + shift) * (part.out - row.out).abs() +
        (count + 1) * kU * share * part.out.abs();
    row.lse_error += inflation * (share * share_error + shift);
  }
  row.lse_error += count * kU + exp_error * std::fabs(std::log(mass)) +
                   numerics.log_error_absolute + kU * std::fabs(row.lse);
  return row;
}

// Stage 2 where all logits are `logit`, known to `logit_error`.
Row combine_equal(const std::vector<Part>& parts, double logit, double logit_error,
                  const Numerics& numerics) {
  const double exp_error = exp_roundoff(numerics);
  const auto count = static_cast<double>(parts.size());
  double keys = 0;
  double largest = 0;  // logarithm of a part's count
  Index most_keys = 0;
  Index least_keys = parts.front().keys;
  bool alike = true;
  for (const Part& part : parts) {
    keys += static_cast<double>(part.keys);
    largest = std::max(largest, std::log(static_cast<double>(part.keys)));
    alike = alike && part.keys == parts.front().keys;
    most_keys = std::max(most_keys, part.keys);
    least_keys = std::min(least_keys, part.keys);
  }
  // A quarter of the distance to the next fp32 number, as the one below a power of two has it.
  const double magnitude = std::fabs(logit) - logit_error;
  const double log_error = exp_error * largest + numerics.log_error_absolute;
  const bool absorbed = largest + log_error < std::ldexp(magnitude, -26);
  Row row;
  row.lse = logit + std::log(keys);
  row.out = ArrayXd::Zero(parts.front().out.size());
  for (const Part& part : parts) row.out += static_cast<double>(part.keys) / keys * part.out;
  row.out_error = row.out.abs() * ((count + 1) * kU + reference::division_roundoff(numerics));
  ArrayXd shift = ArrayXd::Zero(row.out.size());
  ArrayXd moved = ArrayXd::Zero(row.out.size());
  const double lse_error = kU * (std::fabs(logit) + logit_error + largest) + log_error;
  // The absolute error of an exponential, relative to the smallest there is.
  const double exp_shift = numerics.exp_error_absolute * static_cast<double>(most_keys) /
                           static_cast<double>(least_keys);
  const double apart =
      alike || absorbed ? 0 : 2 * lse_error + exp_error + 2 * exp_shift + kU * largest;
  for (const Part& part : parts) {
    const double share = static_cast<double>(part.keys) / keys;
    if (absorbed) shift += (1 / count - share) * part.out;
    const double most = absorbed ? std::max(share, 1 / count) : share;
    row.out_error += most * part.error + (count + 1) * kU * most * part.out.abs();
    moved += share * (part.out - row.out).abs();
  }
  row.out_error = (row.out_error + std::expm1(apart) * moved) * std::exp(apart) + shift.abs();
  row.lse_error = logit_error + 2 * lse_error + (count + 2) * kU + exp_error * std::log(keys) +
                  numerics.log_error_absolute + kU * std::fabs(row.lse);
  return row;
}

// True if all arithmetic of the row is exact: divisions of what fp32 holds; equal logits or integer dot products; every key either at the largest
// logit or so far below that its exponential underflows to 0; a power of two of keys at the largest
// logit, equally many in each split that has any; integer values whose sums the accumulator holds.
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

}  // namespace

Row attend(const ArrayXd& query, const ArrayXXd& keys, const Arithmetic& arithmetic) {
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
  const Logits logits = logits_of(query, keys, arithmetic.scale, arithmetic.numerics);
  const Index each = rounded_up_quotient(visible, arithmetic.splits);
  std::vector<Part> parts;
  for (Index first = 0; first < visible; first += each) {
    parts.push_back(attend_part(logits, keys, first, std::min(each, visible - first), arithmetic));
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
  row.exact = is_exact(logits, keys, each, arithmetic);
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
