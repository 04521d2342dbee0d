#include "reference/common/merge_step.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "reference/common/bounds.hpp"
#include "reference/common/stored.hpp"

namespace mlacheck::reference {
namespace {

constexpr double kRoundoff = kFloatRoundoff;

// What numerics promise by default, two ulp for exp and log, is what there is: CUDA documents 2 ulp
// for expf and 1 ulp for logf over their full range (CUDA C++ Programming Guide, "Mathematical
// Functions"); the glibc manual has 1 ulp for both ("Known Maximum Errors in Math Functions").

// The smallest fp32 subnormal: what a product, quotient or exponential that underflows may lose.
constexpr double kUnderflow = 0x1.0p-149;

// Products of two error terms. By default the largest first-order term is u |d| + u_exp with
// |d| <= 104 (a mass below e^-104 is zero in fp32), 7e-6, so that its products stay below 2^-16 of
// it. An exponential or a division with larger errors adds these: a weight 1 / (1 + m (1 + e)) moves by
// at most 1 / (1 - e) times its first-order term.
double second_order_of(const Numerics& numerics) {
  const double usual = exp_roundoff({}) + division_roundoff({});
  const double more =
      exp_roundoff(numerics) + division_roundoff(numerics) - usual + numerics.exp_error_absolute;
  return (1 + 0x1.0p-16) / (1 - std::min(0.5, std::max(0.0, 2 * more)));
}

double round_to(DType dtype, double value) { return decode(dtype, encode(dtype, value)); }

// sigma(x) = 1 / (1 + e^-x), without overflow.
double logistic(double x) {
  return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x));
}

bool fits_float(double value) { return static_cast<double>(static_cast<float>(value)) == value; }

// True if (a + b) / 2 in fp32 has no rounding but the one on the store: both halves are exact, and
// so is their sum, unless fp32 is what is stored.
bool mean_is_exact(double a, double b, DType dtype) {
  if (!std::isfinite(a) || !std::isfinite(b) || !fits_float(0.5 * a) || !fits_float(0.5 * b)) {
    return false;
  }
  const double sum = a + b;
  const double b_part = sum - a;  // Knuth's two-sum: the rounding error of `sum`
  const double lost = (a - (sum - b_part)) + (b - b_part);
  return lost == 0 && (dtype == DType::f32 || fits_float(0.5 * sum));
}

LseStep copied(MergeKind kind, Bounded lse) {
  LseStep step;
  step.kind = kind;
  step.lse = lse;
  return step;
}

// The error that fp32 makes in one element, before the store, where the subject's sides may be their
// bounds away.
double blend_error(const LseStep& step, Bounded prefix, Bounded suffix, double moved_value,
                   DType dtype) {
  const double prefix_weight = std::min(1.0, step.prefix_weight + step.weight_shift);
  const double suffix_weight = std::min(1.0, step.suffix_weight + step.weight_shift);
  const double largest_prefix = std::fabs(prefix.value) + prefix.bound;
  const double largest_suffix = std::fabs(suffix.value) + suffix.bound;
  const double difference = std::fabs(prefix.value - suffix.value) + prefix.bound + suffix.bound;
  const double mass = prefix_weight * largest_prefix + suffix_weight * largest_suffix;
  const double spread = std::min(0.25, prefix_weight * suffix_weight) * difference;
  const double larger_weight = std::min(1.0, std::max(prefix_weight, suffix_weight));
  // The exponential: dw = wp ws dm / m for the smaller mass m, and wp ws / m is the larger weight
  // squared.
  double error = spread * step.mass_error;
  error += larger_weight * larger_weight * step.mass_shift * difference;
  error += kRoundoff * moved_value;                   // the sum of the masses: both weights alike
  error += (step.quotient_error + kRoundoff) * mass;  // the quotients; the products
  if (dtype != DType::f32) error += kRoundoff * moved_value;  // the sum; in fp32 it is the store
  error += kUnderflow * (difference + largest_prefix + largest_suffix + 2);
  return error * step.second_order;
}

}  // namespace

double half_spacing(DType dtype, double magnitude) {
  if (!(magnitude > 0)) return underflow_error(dtype);
  return std::max(std::ldexp(1.0, std::ilogb(magnitude) - digits_of(dtype)),
                  underflow_error(dtype));
}

LseStep merge_lse(Bounded prefix, Bounded suffix, const Numerics& numerics) {
  const double exp_error = exp_roundoff(numerics);
  const double log_error = exp_error;
  const double second_order = second_order_of(numerics);
  constexpr double kInf = std::numeric_limits<double>::infinity();
  if (std::isnan(prefix.value) || std::isnan(suffix.value)) {
    return copied(MergeKind::nan, {std::numeric_limits<double>::quiet_NaN(), 0});
  }
  if (std::isinf(prefix.value) && std::isinf(suffix.value))
    return copied(MergeKind::empty, {-kInf, 0});
  if (std::isinf(prefix.value)) return copied(MergeKind::copy_suffix, suffix);
  if (std::isinf(suffix.value)) return copied(MergeKind::copy_prefix, prefix);

  LseStep step;
  step.kind = MergeKind::blend;
  const double gap = prefix.value - suffix.value;
  const double gap_bound = prefix.bound + suffix.bound;
  step.prefix_weight = logistic(gap);
  step.suffix_weight = logistic(-gap);
  // Both weights move alike; seen from the smaller one, the difference does not cancel in double.
  const double smaller = -std::fabs(gap);
  step.weight_shift = std::max(logistic(smaller + gap_bound) - logistic(smaller),
                               logistic(smaller) - logistic(smaller - gap_bound));

  // The larger mass is e^0 = 1, exactly; the smaller one is e^-distance.
  const double distance = std::fabs(gap) + gap_bound;
  const double nearest = std::max(0.0, std::fabs(gap) - gap_bound);
  const double small_mass = std::exp(-nearest);
  // At distance 0 the smaller mass is e^0 as well, the sum 2 and both quotients one half.
  const bool equal = distance == 0;
  step.halves = equal && division_is_exact(numerics);
  step.mass_error = equal ? 0.0 : std::min(1.0, kRoundoff * distance + exp_error);
  step.mass_shift = equal ? 0.0 : numerics.exp_error_absolute;
  step.quotient_error = division_roundoff(numerics);
  step.second_order = second_order;
  const double mass_sum = 1 + std::exp(-distance);
  const double sum_error =
      (small_mass * step.mass_error + step.mass_shift + kUnderflow) / mass_sum +
      (equal ? 0.0 : kRoundoff);
  const double log_sum = std::log1p(std::exp(-std::fabs(gap)));
  const double inner =
      (sum_error + log_error * log_sum + numerics.log_error_absolute) * second_order +
      logistic(gap + gap_bound) * prefix.bound + logistic(-gap + gap_bound) * suffix.bound;
  const double larger = std::max(prefix.value, suffix.value);
  step.lse.value = larger + log_sum;
  step.lse.bound = inner + half_spacing(DType::f32, std::fabs(step.lse.value) + inner);
  // From 2^27 on log 2 is less than a quarter of the distance of fp32 numbers at m: m + log z is m.
  // That keeps a chain of merges of equal LSEs exact, whose running LSE would else be known to half
  // that distance only, and the next weights not at all.
  if (gap_bound == 0 && std::fabs(larger) >= 0x1.0p27) step.lse = {larger, 0};
  return step;
}

namespace {

// `store(value, inner)` makes of a sum, and what it may err by before its store, what is known of it.
template <class Store>
ValueRow merged_row(const LseStep& step, const ValueRow& prefix, const ValueRow& suffix,
                    DType dtype, const Store& store) {
  const Eigen::Index width = suffix.value.size();
  switch (step.kind) {
    case MergeKind::copy_suffix:
      return suffix;
    case MergeKind::copy_prefix:
      return prefix;
    case MergeKind::empty:
      return {Eigen::ArrayXd::Zero(width), Eigen::ArrayXd::Zero(width)};
    case MergeKind::nan:
      return {Eigen::ArrayXd::Constant(width, std::numeric_limits<double>::quiet_NaN()),
              Eigen::ArrayXd::Zero(width)};
    case MergeKind::blend:
      break;
  }
  ValueRow row{step.prefix_weight * prefix.value + step.suffix_weight * suffix.value,
               Eigen::ArrayXd::Zero(width)};
  for (Eigen::Index d = 0; d < width; ++d) {
    if (!std::isfinite(row.value[d])) continue;
    const bool exact = prefix.bound[d] == 0 && suffix.bound[d] == 0;
    if (step.halves && exact && mean_is_exact(prefix.value[d], suffix.value[d], dtype)) {
      row.value[d] = round_to(dtype, row.value[d]);
      continue;
    }
    // What the bounds of the sides do to the exact merge.
    const double moved = std::min(1.0, step.prefix_weight + step.weight_shift) * prefix.bound[d] +
                         std::min(1.0, step.suffix_weight + step.weight_shift) * suffix.bound[d] +
                         step.weight_shift * std::fabs(prefix.value[d] - suffix.value[d]);
    const double inner = moved + blend_error(step, {prefix.value[d], prefix.bound[d]},
                                             {suffix.value[d], suffix.bound[d]},
                                             std::fabs(row.value[d]) + moved, dtype);
    const Bounded stored = store(row.value[d], inner);
    row.value[d] = stored.value;
    row.bound[d] = stored.bound;
  }
  return row;
}

}  // namespace

ValueRow merge_values(const LseStep& step, const ValueRow& prefix, const ValueRow& suffix,
                      DType dtype) {
  return merged_row(step, prefix, suffix, dtype, [dtype](double value, double inner) {
    return Bounded{value, inner + half_spacing(dtype, std::fabs(value) + inner)};
  });
}

ValueRow read_back_values(const LseStep& step, const ValueRow& prefix, const ValueRow& suffix,
                          DType dtype) {
  return merged_row(step, prefix, suffix, dtype, [dtype](double value, double inner) {
    const BoundedValue stored = stored_within(dtype, value, inner);
    return Bounded{stored.value, stored.bound};
  });
}

}  // namespace mlacheck::reference
