// What a subject promises of its arithmetic widens the bounds of attention, by as much as is needed.
#include <gtest/gtest.h>

#include <Eigen/Core>
#include <cmath>
#include <vector>

#include "reference/mla_decode/decode_row.hpp"
#include "tests/support/plain_numbers.hpp"

namespace mlacheck::mla_decode {
namespace {

using testing_support::number;
using testing_support::rounded;

Eigen::ArrayXXd numbers(Eigen::Index rows, Eigen::Index columns, std::uint64_t salt) {
  Eigen::ArrayXXd result(rows, columns);
  for (Eigen::Index i = 0; i < result.size(); ++i) {
    result(i) = number(salt + static_cast<std::uint64_t>(i));
  }
  return result;
}

TEST(Numerics, ARoundedProbabilityNeedsToBePromised) {
  const Eigen::ArrayXd query = numbers(6, 1, 3);
  const Eigen::ArrayXXd keys = numbers(50, 6, 90);
  Arithmetic arithmetic{1.0, 1, 4};
  const Row strict = attend(query, keys, arithmetic);
  arithmetic.numerics.probability_digits = 8;
  const Row modest = attend(query, keys, arithmetic);
  Eigen::ArrayXd weight = (keys.matrix() * query.matrix()).array();
  weight = (weight - weight.maxCoeff()).exp();
  Eigen::ArrayXd got = Eigen::ArrayXd::Zero(4);
  for (Eigen::Index j = 0; j < keys.rows(); ++j) {
    got += rounded(weight[j], 8) * keys.row(j).head(4).transpose();
  }
  got /= weight.sum();
  EXPECT_TRUE(((got - modest.out).abs() <= modest.out_error).all());
  EXPECT_FALSE(((got - strict.out).abs() <= strict.out_error).all());
  EXPECT_EQ(strict.lse_error, modest.lse_error) << "the mass is summed before P is rounded";
}

TEST(Numerics, TheOtherPromisesWidenAttention) {
  const Eigen::ArrayXd query = numbers(6, 1, 3);
  const Eigen::ArrayXXd keys = numbers(50, 6, 90);
  const Row strict = attend(query, keys, {1.0, 3, 4});
  for (const Numerics& numerics :
       {Numerics{.accumulator_digits = 12}, Numerics{.exp_error_ulps = 64},
        Numerics{.truncating_products = true}, Numerics{.operand_digits = 11},
        Numerics{.product_digits = 8}, Numerics{.exp_error_absolute = 0x1.0p-16},
        Numerics{.log_error_absolute = 0x1.0p-16}}) {
    const Row modest = attend(query, keys, {1.0, 3, 4, numerics});
    EXPECT_TRUE((modest.out_error > strict.out_error).all());
    EXPECT_GT(modest.lse_error, strict.lse_error);
    EXPECT_TRUE((modest.out == strict.out).all());
  }
}

// One latent and one rope column. The query sees the rope column alone.
Eigen::ArrayXXd keys_of(const std::vector<double>& logits, const std::vector<double>& values) {
  Eigen::ArrayXXd keys(static_cast<Eigen::Index>(logits.size()), 2);
  for (std::size_t j = 0; j < logits.size(); ++j) {
    keys.row(static_cast<Eigen::Index>(j)) << values[j], logits[j];
  }
  return keys;
}

Row attended(const Eigen::ArrayXXd& keys, const Numerics& numerics) {
  Eigen::ArrayXd query(2);
  query << 0, 1;
  return attend(query, keys, {1.0, 1, 1, numerics});
}

bool allows(const Row& row, double out) { return std::fabs(out - row.out[0]) <= row.out_error[0]; }
bool allows_lse(const Row& row, double lse) { return std::fabs(lse - row.lse) <= row.lse_error; }

double cut(double value, int digits) {
  const double unit = std::ldexp(1.0, std::ilogb(value) - digits + 1);
  return std::trunc(value / unit) * unit;
}

// Below the next number of 10 digits, so that a cut loses nearly all that it may.
constexpr double kCutMost = 1 + 0x1.0p-9 - 0x1.0p-23;

TEST(Numerics, LogitsOfElevenDigitsAreAllowedAndOfTenAreNot) {
  const Numerics tf32{.operand_digits = 11};
  const Eigen::ArrayXd query = Eigen::ArrayXd::Constant(8, kCutMost);
  const Eigen::ArrayXXd keys = Eigen::ArrayXXd::Constant(1, 8, kCutMost);
  const auto logit = [](int digits) { return 8 * cut(kCutMost, digits) * cut(kCutMost, digits); };
  EXPECT_TRUE(allows_lse(attend(query, keys, {1.0, 1, 4, tf32}), logit(11)));
  EXPECT_FALSE(allows_lse(attend(query, keys, {1.0, 1, 4, tf32}), logit(10)));
  EXPECT_FALSE(allows_lse(attend(query, keys, {1.0, 1, 4}), logit(11)));
}

TEST(Numerics, ProbabilitiesAndValuesOfElevenDigitsAreAllowedAndOfTenAreNot) {
  // Equal values: what moves the logits moves no result.
  std::vector<double> logits(64, std::log(kCutMost / 2));
  logits.front() = 0;
  const Eigen::ArrayXXd keys = keys_of(logits, std::vector<double>(64, kCutMost));
  const auto out = [](int digits) {
    const double mass = 1 + 63 * kCutMost / 2;
    return (1 + 63 * cut(kCutMost / 2, digits)) * cut(kCutMost, digits) / mass;
  };
  const Row modest = attended(keys, {.operand_digits = 11});
  EXPECT_TRUE(allows(modest, out(11)));
  EXPECT_FALSE(allows(modest, out(10)));
  EXPECT_FALSE(allows(attended(keys, {}), out(11)));
}

TEST(Numerics, ProductsOfEightDigitsAreAllowedAndOfSevenAreNot) {
  const auto lse = [](double product, int digits) { return 8 * rounded(product, digits); };
  const auto row = [](double product) {
    return attend(Eigen::ArrayXd::Constant(8, 1), Eigen::ArrayXXd::Constant(1, 8, product),
                  {1.0, 1, 4, {.product_digits = 8}});
  };
  const double fine = 1 + 0x1.0p-8 - 0x1.0p-22;
  const double coarse = 1 + 0x1.0p-7 - 0x1.0p-22;
  EXPECT_TRUE(allows_lse(row(fine), lse(fine, 8)));
  EXPECT_FALSE(allows_lse(row(coarse), lse(coarse, 7)));
  EXPECT_TRUE(allows(row(fine), rounded(fine, 8)));
  EXPECT_FALSE(allows(row(coarse), rounded(coarse, 7)));
}

TEST(Numerics, AnAbsoluteErrorOfTheExponentialIsAllowedAndTwiceItIsNot) {
  constexpr double kError = 0x1.0p-12;
  // The largest logit comes first and last, so that no tile is rescaled, whatever the order.
  std::vector<double> logits(10, -3);
  std::vector<double> values(10, 1);
  for (const std::size_t j : {std::size_t{0}, std::size_t{9}}) {
    logits[j] = 0;
    values[j] = -1;
  }
  const Row modest = attended(keys_of(logits, values), {.exp_error_absolute = kError});
  const auto mass = [](double error) { return 2 + 8 * (std::exp(-3.0) + error); };
  const auto out = [&](double error) { return (mass(error) - 4) / mass(error); };
  EXPECT_TRUE(allows(modest, out(kError)) && allows(modest, out(-kError)));
  EXPECT_FALSE(allows(modest, out(2 * kError)) || allows(modest, out(-2 * kError)));
  EXPECT_TRUE(allows_lse(modest, std::log(mass(kError))));
  EXPECT_FALSE(allows_lse(modest, std::log(mass(2 * kError))));
}

TEST(Numerics, AnAbsoluteErrorOfTheLogarithmIsAllowedAndTwiceItIsNot) {
  constexpr double kError = 0x1.0p-16;
  const Eigen::ArrayXXd keys = keys_of({0, -3, -4}, {1, 2, 3});
  const Row modest = attended(keys, {.log_error_absolute = kError});
  EXPECT_TRUE(allows_lse(modest, modest.lse + kError));
  EXPECT_FALSE(allows_lse(modest, modest.lse + 2 * kError));
  EXPECT_FALSE(allows_lse(attended(keys, {}), modest.lse + kError));
}

TEST(Numerics, AnApproximateDivisionIsAllowedAndTwiceItsErrorIsNot) {
  constexpr double kUlps = 1024;
  constexpr double kError = 2 * kUlps * 0x1.0p-24;
  const Eigen::ArrayXXd keys = keys_of({0, -3, -4}, {1, 2, 3});
  const Row modest = attended(keys, {.division_error_ulps = kUlps});
  EXPECT_TRUE(allows(modest, modest.out[0] * (1 + kError)));
  EXPECT_FALSE(allows(modest, modest.out[0] * (1 + 2 * kError)));
  EXPECT_FALSE(allows(attended(keys, {}), modest.out[0] * (1 + kError)));
  const Eigen::ArrayXXd exact = keys_of({0, 0}, {1, 2});
  EXPECT_TRUE(attended(exact, {}).exact);
  EXPECT_FALSE(attended(exact, {.division_error_ulps = 2}).exact) << "1 / 2 is only nearly that";
}

}  // namespace
}  // namespace mlacheck::mla_decode
