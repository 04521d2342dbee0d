// The shared step of the merge oracles: its bounds against a direct fp32 evaluation, and against
// the corners of what an earlier step may have stored.
#include "reference/common/merge_step.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "harness/op/random.hpp"

namespace mlacheck::reference {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

double unit(Random& random) { return static_cast<double>(random.bits() >> 11) * 0x1.0p-53; }

ValueRow exact(double value) {
  return {Eigen::ArrayXd::Constant(1, value), Eigen::ArrayXd::Zero(1)};
}

double rounded(DType dtype, double value) { return decode(dtype, encode(dtype, value)); }

// The formula of the contract, straight in fp32.
struct FloatMerge {
  float value;
  float lse;
};

FloatMerge float_merge(float prefix, float prefix_lse, float suffix, float suffix_lse) {
  const float maximum = std::fmax(prefix_lse, suffix_lse);
  const float a = std::exp(prefix_lse - maximum);
  const float b = std::exp(suffix_lse - maximum);
  const float sum = a + b;
  return {prefix * (a / sum) + suffix * (b / sum), std::log(sum) + maximum};
}

TEST(HalfSpacing, IsHalfTheDistanceToTheNextCode) {
  for (const DType dtype : {DType::f32, DType::f16, DType::bf16}) {
    for (const double magnitude : {1.0, 1.5, 3.0, 100.0, 1e-3}) {
      const std::uint32_t code = encode(dtype, magnitude);
      const double next = decode(dtype, code + 1) - decode(dtype, code);
      EXPECT_EQ(half_spacing(dtype, magnitude), next / 2) << name_of(dtype) << ' ' << magnitude;
    }
    EXPECT_EQ(half_spacing(dtype, 0), underflow_error(dtype));
    EXPECT_EQ(half_spacing(dtype, underflow_error(dtype) / 4), underflow_error(dtype));
  }
}

// Far from 0 fp32 drops log 2, and the running LSE of a chain is known to every bit.
TEST(MergeStep, AnLseThatAbsorbsTheLogarithmIsExact) {
  for (const float number : {-1e30F, 1e30F, -0x1.fffffep127F, -0x1.0p27F, 0x1.0p28F}) {
    const auto level = static_cast<double>(number);
    const LseStep step = merge_lse({level, 0}, level);
    EXPECT_TRUE(step.halves);
    EXPECT_EQ(step.lse.value, level);
    EXPECT_EQ(step.lse.bound, 0) << level;
    EXPECT_EQ(number + std::log(2.0F), number);
    EXPECT_TRUE(merge_lse(step.lse, level).halves) << "and so is the next merge";
  }
  EXPECT_GT(merge_lse({-6e4, 0}, -6e4).lse.bound, 0);
  EXPECT_GT(merge_lse({-1e6, 0}, -1e6).lse.bound, 0);
}

TEST(MergeStep, NormalisesBothInfinities) {
  for (const double empty : {-kInf, kInf}) {
    const LseStep no_prefix = merge_lse({empty, 0}, 1.5);
    EXPECT_EQ(no_prefix.kind, MergeKind::copy_suffix);
    EXPECT_EQ(no_prefix.lse.value, 1.5);
    EXPECT_EQ(no_prefix.lse.bound, 0);
    EXPECT_EQ(merge_lse({1.5, 0}, empty).kind, MergeKind::copy_prefix);
    EXPECT_EQ(merge_lse({empty, 0}, -kInf).kind, MergeKind::empty);
    EXPECT_EQ(merge_lse({empty, 0}, -kInf).lse.value, -kInf);
    EXPECT_EQ(merge_lse({empty, 0}, std::nan("")).kind, MergeKind::nan);
  }
}

TEST(MergeStep, EqualLsesAreExact) {
  const LseStep step = merge_lse({3, 0}, 3);
  ASSERT_TRUE(step.halves);
  const ValueRow row = merge_values(step, exact(3), Eigen::ArrayXd::Constant(1, 4), DType::bf16);
  EXPECT_EQ(row.value[0], 3.5);
  EXPECT_EQ(row.bound[0], 0);
  EXPECT_NEAR(step.lse.value, 3 + std::log(2.0), 1e-15);
  EXPECT_GT(step.lse.bound, 0);
  EXPECT_LT(step.lse.bound, 4e-7);
  // 257 is no bf16 number: the mean of 257 and 257 must come back as 256 (tie to even), exactly.
  const ValueRow tie =
      merge_values(step, exact(257), Eigen::ArrayXd::Constant(1, 257), DType::bf16);
  EXPECT_EQ(tie.value[0], 256);
  EXPECT_EQ(tie.bound[0], 0);
  // A sum that needs 30 digits is rounded twice on its way to bf16.
  const ValueRow wide =
      merge_values(step, exact(1), Eigen::ArrayXd::Constant(1, 0x1.0p-29), DType::bf16);
  EXPECT_GT(wide.bound[0], 0);
}

// Bound 0 holds a subject to the sign of zero; where terms cancel inexactly it must not be 0.
TEST(MergeStep, OnlyAnExactZeroHasASign) {
  const Eigen::ArrayXd suffix = Eigen::ArrayXd::Constant(1, -2);
  EXPECT_EQ(merge_values(merge_lse({0, 0}, 0), exact(2), suffix, DType::f16).bound[0], 0);
  EXPECT_GT(merge_values(merge_lse({0, 1e-6}, 0), exact(2), suffix, DType::f16).bound[0], 0);
}

TEST(MergeStep, BoundsHoldInFloatAndAreTight) {
  Random random(7, 7);
  for (const DType dtype : {DType::f32, DType::f16, DType::bf16}) {
    double worst = 0;
    double worst_lse = 0;
    for (int i = 0; i < 100000; ++i) {
      const double lp = rounded(DType::f32, 20 * (unit(random) - 0.5));
      const double ls = rounded(DType::f32, 20 * (unit(random) - 0.5));
      const double p = rounded(dtype, 8 * (unit(random) - 0.5));
      const double s = rounded(dtype, 8 * (unit(random) - 0.5));
      const LseStep step = merge_lse({lp, 0}, ls);
      const ValueRow row = merge_values(step, exact(p), Eigen::ArrayXd::Constant(1, s), dtype);
      const FloatMerge got = float_merge(static_cast<float>(p), static_cast<float>(lp),
                                         static_cast<float>(s), static_cast<float>(ls));
      const double error = std::fabs(rounded(dtype, got.value) - row.value[0]);
      ASSERT_LE(error, row.bound[0]) << p << ' ' << lp << ' ' << s << ' ' << ls;
      worst = std::max(worst, error / row.bound[0]);
      const double lse_error = std::fabs(double{got.lse} - step.lse.value);
      ASSERT_LE(lse_error, step.lse.bound) << lp << ' ' << ls;
      worst_lse = std::max(worst_lse, lse_error / step.lse.bound);
    }
    EXPECT_GT(worst, 0.4) << name_of(dtype);
    EXPECT_LE(worst, 1.0) << name_of(dtype);
    EXPECT_GT(worst_lse, 0.4);
  }
}

// A bf16 result may differ from the correctly rounded one only next to a tie.
TEST(MergeStep, SixteenBitResultsAreCorrectlyRoundedAwayFromTies) {
  const LseStep step = merge_lse({1, 0}, 0);
  const double exact_value = step.prefix_weight * 3 + step.suffix_weight * 1;
  const ValueRow row = merge_values(step, exact(3), Eigen::ArrayXd::Constant(1, 1), DType::bf16);
  const std::uint32_t nearest = encode(DType::bf16, exact_value);
  EXPECT_LE(std::fabs(decode(DType::bf16, nearest) - exact_value), row.bound[0]);
  for (const std::uint32_t other : {nearest - 1, nearest + 1}) {
    EXPECT_GT(std::fabs(decode(DType::bf16, other) - exact_value), row.bound[0]);
  }
}

// The exact merge of any state within the prefix's bounds lies within the result's bounds.
TEST(MergeStep, CarriesTheBoundsOfItsPrefix) {
  Random random(11, 3);
  double worst = 0;
  for (int i = 0; i < 50000; ++i) {
    const double lse_bound = std::pow(10.0, -6 * unit(random)) / 10;
    const double value_bound = std::pow(10.0, -6 * unit(random));
    const double lp = 12 * (unit(random) - 0.5);
    const double ls = rounded(DType::f32, 12 * (unit(random) - 0.5));
    const double p = 8 * (unit(random) - 0.5);
    const double s = rounded(DType::f32, 8 * (unit(random) - 0.5));
    const LseStep step = merge_lse({lp, lse_bound}, ls);
    const ValueRow prefix{Eigen::ArrayXd::Constant(1, p), Eigen::ArrayXd::Constant(1, value_bound)};
    const ValueRow row = merge_values(step, prefix, Eigen::ArrayXd::Constant(1, s), DType::f32);
    for (const double lse_corner : {lp - lse_bound, lp + lse_bound}) {
      for (const double corner : {p - value_bound, p + value_bound}) {
        const LseStep moved = merge_lse({lse_corner, 0}, ls);
        const double value = moved.prefix_weight * corner + moved.suffix_weight * s;
        ASSERT_LE(std::fabs(value - row.value[0]), row.bound[0]);
        ASSERT_LE(std::fabs(moved.lse.value - step.lse.value), step.lse.bound);
        worst = std::max(worst, std::fabs(value - row.value[0]) / row.bound[0]);
      }
    }
  }
  EXPECT_GT(worst, 0.9);
}

// At large |LSE| the stored LSE may be off by thousandths. The shift of a weight next to 1 must
// not cancel to nothing in double: it is all that bounds the other side's share.
TEST(MergeStep, ShiftsSmallWeightsToo) {
  const LseStep step = merge_lse({84.25, 1e-3}, 0);
  const ValueRow row = merge_values(step, exact(0), Eigen::ArrayXd::Constant(1, 1), DType::f32);
  EXPECT_GE(row.bound[0], 0.9e-3 * row.value[0]);
  EXPECT_LE(row.bound[0], 1.2e-3 * row.value[0]);
}

TEST(MergeStep, AFastExponentialNeedsToBePromised) {
  Numerics fast;
  fast.exp_error_ulps = 1000;
  const auto strict = merge_lse({2, 0}, 1.25);
  const auto modest = merge_lse({2, 0}, 1.25, fast);
  // One share of the smaller mass, 1000 ulp off in each direction.
  const double off = 1000 * 0x1.0p-23 * std::exp(-0.75) / (1 + std::exp(-0.75)) / 2;
  EXPECT_GT(modest.lse.bound, off);
  EXPECT_LT(strict.lse.bound, off);
  EXPECT_GT(modest.mass_error, 100 * strict.mass_error);
}

// A merge whose smaller mass, logarithm and quotients err by so much, and that rounds nothing else.
struct Erring {
  double mass = 0;
  double log = 0;
  double quotients = 0;

  double value(double gap, double p, double s) const {
    const double small = std::exp(-gap) + mass;
    return (p + s * small) / (1 + small) * (1 + quotients);
  }
  double lse(double top, double gap) const { return top + std::log1p(std::exp(-gap) + mass) + log; }
};

// Whether its results lie within what `promise` allows. The prefix's LSE is the larger one.
struct Within {
  bool value;
  bool lse;
};

Within within(const Erring& kernel, const Numerics& promise, double top, double gap, double p,
              double s) {
  const LseStep step = merge_lse({top, 0}, top - gap, promise);
  const ValueRow row = merge_values(step, exact(p), Eigen::ArrayXd::Constant(1, s), DType::f32);
  return {std::fabs(kernel.value(gap, p, s) - row.value[0]) <= row.bound[0],
          std::fabs(kernel.lse(top, gap) - step.lse.value) <= step.lse.bound};
}

TEST(MergeStep, AnAbsoluteErrorOfTheExponentialIsAllowedAndTwiceItIsNot) {
  constexpr double kError = 0x1.0p-12;
  Numerics promise;
  promise.exp_error_absolute = kError;
  for (const double gap : {0.5, 2.0, 9.0}) {
    for (const double sign : {1.0, -1.0}) {
      const Within once = within({.mass = sign * kError}, promise, 1, gap, 1, -1);
      EXPECT_TRUE(once.value && once.lse) << gap;
      const Within twice = within({.mass = 2 * sign * kError}, promise, 1, gap, 1, -1);
      EXPECT_FALSE(twice.value || twice.lse) << gap;
    }
  }
  const Within not_promised = within({.mass = kError}, {}, 1, 9, 1, -1);
  EXPECT_FALSE(not_promised.value || not_promised.lse);
}

// Of a fast log near 1, where no number of ulps would do: the LSE is next to 0.
TEST(MergeStep, AnAbsoluteErrorOfTheLogarithmIsAllowedAndTwiceItIsNot) {
  constexpr double kError = 0x1.0p-18;
  Numerics promise;
  promise.log_error_absolute = kError;
  Numerics many_ulps;
  many_ulps.exp_error_ulps = 16;
  for (const double gap : {0.5, 4.0, 12.0}) {
    const double top = -std::log1p(std::exp(-gap));
    EXPECT_TRUE(within({.log = kError}, promise, top, gap, 1, -1).lse) << gap;
    EXPECT_FALSE(within({.log = -2 * kError}, promise, top, gap, 1, -1).lse) << gap;
    EXPECT_FALSE(within({.log = kError}, many_ulps, top, gap, 1, -1).lse) << gap;
  }
}

TEST(MergeStep, AnApproximateDivisionIsAllowedAndTwiceItsErrorIsNot) {
  Numerics promise;
  promise.division_error_ulps = 1024;
  constexpr double kError = 2 * 1024 * 0x1.0p-24;
  for (const double gap : {0.5, 3.0}) {
    EXPECT_TRUE(within({.quotients = kError}, promise, 1, gap, 1, 2).value);
    EXPECT_FALSE(within({.quotients = -2 * kError}, promise, 1, gap, 1, 2).value);
    EXPECT_FALSE(within({.quotients = kError}, {}, 1, gap, 1, 2).value);
  }
  // One half of the sum, where LSEs are equal, is exact with a division that rounds only.
  EXPECT_EQ(merge_values(merge_lse({1, 0}, 1), exact(1), Eigen::ArrayXd::Constant(1, 3), DType::f32)
                .bound[0],
            0);
  EXPECT_GT(merge_values(merge_lse({1, 0}, 1, promise), exact(1), Eigen::ArrayXd::Constant(1, 3),
                         DType::f32)
                .bound[0],
            0);
}

}  // namespace
}  // namespace mlacheck::reference
