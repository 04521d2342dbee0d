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
using reference::kLambda;
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
};

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
  double mass_spread = 0;
  for (Index j = 0; j < count; ++j) {
    const ArrayXd value = keys.row(first + j).head(latent).transpose();
    const ArrayXd term = weight[j] * value;
    sum += term;
    spread += sum.square() + term.square();
    drift += sum.abs() + term.abs();
    mean += term.abs();
    largest = largest.max(value.abs());
    mass += weight[j];
    mass_spread += mass * mass;
  }
  const ArrayXd p = weight / mass;
  Part part;
  part.out = sum / mass;
  // Rescalings after the first tile multiply a weight by a rounded exponential each.
  const Index tiles = rounded_up_quotient(count, kTile);
  const auto rescalings = static_cast<double>(tiles);
  const ArrayXd weight_error =
      exp_error + kU * (s - maximum).abs() + rescalings * (exp_error + 2 * kU);
  // First-order sensitivities hold up to e^(twice the largest exponent error).
  const double inflation = std::exp(2 * (logit_error.maxCoeff() + weight_error.maxCoeff()));
  // Linear over the keys, never by root of squares: errors of different keys are not independent.
  // Keys that are alike in a prefix round alike in it (the class `ones`, shared prompts), and then
  // all logits move together. Each error is at most its own bound, whatever the others are.
  ArrayXd moved = ArrayXd::Zero(latent);
  for (Index j = 0; j < count; ++j) {
    const ArrayXd distance = p[j] * (keys.row(first + j).head(latent).transpose() - part.out).abs();
    moved += distance * (logit_error[j] + weight_error[j]);
  }
  // Rescalings round the running sums once more a tile: hence the factor 2 under the roots.
  const double mass_error = kLambda * kU * std::sqrt(2 * mass_spread) / mass;
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

// True if all arithmetic of the row is exact: integer dot products; every key either at the largest
// logit or so far below that its exponential underflows to 0; a power of two of keys at the largest
// logit, equally many in each split that has any; integer values whose sums the accumulator holds.
bool is_exact(const Logits& logits, const ArrayXXd& keys, Index each,
              const Arithmetic& arithmetic) {
  const Index latent = arithmetic.latent;
  constexpr double kUnderflow = 120;  // e^-104 rounds to 0 in fp32; split LSEs differ by a little
  if (!logits.integers) return false;
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
