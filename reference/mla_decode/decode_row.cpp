#include "reference/mla_decode/decode_row.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "harness/values/quotient.hpp"
#include "reference/common/bounds.hpp"
#include "reference/common/dot_bound.hpp"

namespace mlacheck::mla_decode {
namespace {

using Eigen::ArrayXd;
using Eigen::ArrayXXd;
using Eigen::Index;
using reference::dot_arithmetic;
using reference::DotArithmetic;
using reference::exp_roundoff;
using reference::kFloatRoundoff;
using reference::kUnit16;
using reference::Products;
using reference::running_error;

constexpr double kU = kFloatRoundoff;
constexpr double kSmallest = 0x1.0p-149;
constexpr Index kTile = 16;  // most keys between two rescalings; smaller tiles rescale more often

// What rounding P before it meets V does to a result: `mean` is sum p |v|, `largest` its largest
// |v|.
ArrayXd probability_error(const ArrayXd& mean, const ArrayXd& largest, double keys, double mass,
                          const Numerics& numerics) {
  if (numerics.probability_digits >= 24) return ArrayXd::Zero(mean.size());
  const double underflow =
      numerics.probability_digits == digits_of(DType::f16) ? underflow_error(DType::f16) : 0;
  return std::ldexp(1.0, -numerics.probability_digits) * mean + keys * underflow / mass * largest;
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
  for (Index c = 0; c < keys.cols(); ++c) {
    const ArrayXd product = query[c] * keys.col(c);
    // A column that meets a zero of the query cannot round, whatever it holds.
    integers = integers && (query[c] == 0 || all_integers(keys.col(c)));
    dot += product;
    drift += dot.abs() + product.abs();
    spread += dot.square() + product.square();
    magnitude += product.abs();
  }
  Logits logits;
  logits.value = scale * dot;
  logits.integers = integers && sums_are_exact(magnitude, numerics);
  logits.equal = are_equal(query, keys, scale) && logits.value.isFinite().all();
  logits.error = kU * logits.value.abs();
  if (!logits.integers) {
    const double terms = static_cast<double>(keys.cols());
    logits.error += std::fabs(scale) * (1 + 0x1.0p-10) * running_error(drift, spread, numerics) +
                    std::fabs(scale) * terms * kSmallest;
  }
  return logits;
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
  if (logits.equal) {
    // Every weight and every rescaling is e^0 = 1, and the mass is a count.
    weight_error.setZero();
    moves.setZero();
    mass_drift = 0;
  }
  // First-order sensitivities hold up to e^(twice the largest exponent error).
  const double inflation = std::exp(2 * moves.maxCoeff());
  // Linear over the keys, never by root of squares: errors of different keys are not independent.
  // Keys that are alike in a prefix round alike in it (the class `ones`, shared prompts), and then
  // all logits move together. Each error is at most its own bound, whatever the others are.
  ArrayXd moved = ArrayXd::Zero(latent);
  for (Index j = 0; j < count; ++j) {
    const ArrayXd distance = p[j] * (keys.row(first + j).head(latent).transpose() - part.out).abs();
    moved += distance * moves[j];
  }
  // Rescalings round the running sums once more a tile: hence the factor 2 under the roots.
  // The mass in the worst case: weights that are alike are rounded to the same side.
  const double mass_error = kU * 2 * mass_drift / mass;
  const auto keys_here = static_cast<double>(count);
  part.error =
      inflation * moved + running_error(2 * drift, 2 * spread, arithmetic.numerics) / mass +
      probability_error(mean / mass, largest, keys_here, mass, arithmetic.numerics) +
      part.out.abs() * (mass_error + kU) + static_cast<double>(count) * kSmallest * largest;
  part.lse = maximum + std::log(mass);
  part.lse_error = inflation * (p * (logit_error + weight_error)).sum() + mass_error +
                   exp_error * std::fabs(std::log(mass)) + kU * std::fabs(part.lse);
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
  row.out_error = row.out.abs() * (count + 2) * kU;
  for (const Part& part : parts) {
    const double share = std::exp(part.lse - row.lse);
    const double share_error = part.lse_error + exp_error + kU * std::fabs(part.lse - highest);
    row.out_error += share * part.error +
                     std::expm1(share_error) * share * (part.out - row.out).abs() +
                     (count + 1) * kU * share * part.out.abs();
    row.lse_error += share * share_error;
  }
  row.lse_error += count * kU + exp_error * std::fabs(std::log(mass)) + kU * std::fabs(row.lse);
  return row;
}

// Stage 2 where all logits are `logit`, known to `logit_error`.
Row combine_equal(const std::vector<Part>& parts, double logit, double logit_error,
                  const Numerics& numerics) {
  const double exp_error = exp_roundoff(numerics);
  const auto count = static_cast<double>(parts.size());
  double keys = 0;
  double largest = 0;  // logarithm of a part's count
  bool alike = true;
  for (const Part& part : parts) {
    keys += static_cast<double>(part.keys);
    largest = std::max(largest, std::log(static_cast<double>(part.keys)));
    alike = alike && part.keys == parts.front().keys;
  }
  // A quarter of the distance to the next fp32 number, as the one below a power of two has it.
  const double magnitude = std::fabs(logit) - logit_error;
  const bool absorbed = largest * (1 + exp_error) < std::ldexp(magnitude, -26);
  Row row;
  row.lse = logit + std::log(keys);
  row.out = ArrayXd::Zero(parts.front().out.size());
  for (const Part& part : parts) row.out += static_cast<double>(part.keys) / keys * part.out;
  row.out_error = row.out.abs() * (count + 2) * kU;
  ArrayXd shift = ArrayXd::Zero(row.out.size());
  ArrayXd moved = ArrayXd::Zero(row.out.size());
  const double lse_error = kU * (std::fabs(logit) + logit_error + largest) + exp_error * largest;
  const double apart = alike || absorbed ? 0 : 2 * lse_error + exp_error + kU * largest;
  for (const Part& part : parts) {
    const double share = static_cast<double>(part.keys) / keys;
    if (absorbed) shift += (1 / count - share) * part.out;
    const double most = absorbed ? std::max(share, 1 / count) : share;
    row.out_error += most * part.error + (count + 1) * kU * most * part.out.abs();
    moved += share * (part.out - row.out).abs();
  }
  row.out_error = (row.out_error + std::expm1(apart) * moved) * std::exp(apart) + shift.abs();
  row.lse_error = logit_error + 2 * lse_error + (count + 2) * kU + exp_error * std::log(keys) +
                  kU * std::fabs(row.lse);
  return row;
}

// True if all arithmetic of the row is exact: equal logits or integer dot products; every key either at the largest
// logit or so far below that its exponential underflows to 0; a power of two of keys at the largest
// logit, equally many in each split that has any; integer values whose sums the accumulator holds.
bool is_exact(const Logits& logits, const ArrayXXd& keys, Index each,
              const Arithmetic& arithmetic) {
  const Index latent = arithmetic.latent;
  constexpr double kUnderflow = 120;  // e^-104 rounds to 0 in fp32; split LSEs differ by a little
  if (!logits.integers && !logits.equal) return false;
  const double maximum = logits.value.maxCoeff();
  std::vector<Index> in_split(static_cast<std::size_t>(rounded_up_quotient(keys.rows(), each)), 0);
  Index winners = 0;
  ArrayXd magnitude = ArrayXd::Zero(latent);
  for (Index j = 0; j < keys.rows(); ++j) {
    const ArrayXd value = keys.row(j).head(latent).transpose();
    if (!all_integers(value)) return false;
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
