#include "reference/mla_decode/combine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "reference/common/bounds.hpp"

namespace mlacheck::mla_decode {
namespace {

using Eigen::ArrayXd;
using Eigen::Index;
using reference::exp_roundoff;

constexpr double kU = reference::kFloatRoundoff;

}  // namespace

double inflation_of(double shift) {
  return shift < 1 ? 1 / (1 - shift) : std::numeric_limits<double>::infinity();
}

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

}  // namespace mlacheck::mla_decode
