// The bias of long sums: numbers worked out by hand, and sums in fp32 that the probabilistic bound alone
// does not cover.
#include "reference/common/rounding_bias.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "reference/common/dot_bound.hpp"

namespace mlacheck::reference {
namespace {

constexpr double kU = 0x1p-24;
constexpr DotArithmetic kExactProducts{kU, Products::exact};

Eigen::ArrayXd array_of(const std::vector<double>& terms) {
  return Eigen::Map<const Eigen::ArrayXd>(terms.data(), std::ssize(terms));
}

Sums sums_of(const std::vector<double>& products) {
  Sums sums;
  for (const double product : products) sums.add(product, 0);
  return sums;
}

double bound_of(const std::vector<double>& products) {
  const auto terms = static_cast<double>(products.size());
  const Sums sums =
      with_bias(terms, sums_of(products), kExactProducts, [&] { return array_of(products); });
  return sum_error(terms, sums, kExactProducts);
}

double bound_without_bias(const std::vector<double>& products) {
  return sum_error(static_cast<double>(products.size()), sums_of(products), kExactProducts);
}

double error_of(const std::vector<double>& products) {
  float sum = 0;
  for (const double product : products) sum += static_cast<float>(product);
  return std::fabs(sum - sums_of(products).value);
}

// Sums up to 2^32 have spacings up to 2^9. At 2^8 each step gains 32, at 2^9 it gains 32, too.
TEST(RoundingBias, OfOneNumber) {
  const Eigen::ArrayXd terms = Eigen::ArrayXd::Constant(1000, 65504);
  EXPECT_EQ(rounding_bias(terms, 0x1p31, kU, 1), 1000 * 32);
  EXPECT_EQ(rounding_bias(terms, 0x1p32, kU, 1), 1000 * 32);
  EXPECT_EQ(rounding_bias(-terms, 0x1p31, kU, 1), 1000 * 32);
  // The spacing 2^5 divides it.
  EXPECT_EQ(rounding_bias(terms, 0x1p28, kU, 1), 0);
  EXPECT_EQ(rounding_bias(terms, 0x1p29, kU, 1), 1000 * 32);
}

// 3 is a multiple of 1; in steps of 2 it is in the middle, and goes to 4; in steps of 4 it gains 1.
TEST(RoundingBias, TheWorstOfAllSpacings) {
  const Eigen::ArrayXd terms = Eigen::ArrayXd::Constant(10, 3);
  EXPECT_EQ(rounding_bias(terms, 0x1p24, kU, 1), 10);
  // In steps of 8 it loses 3; in steps of 16 as well.
  EXPECT_EQ(rounding_bias(terms, 0x1p27, kU, 1), 30);
}

// In steps of 16 five loses 5 and twelve gains 4; in steps of 8 they gain 3 and 4.
TEST(RoundingBias, ANarrowerSpacingMayBeWorse) {
  Eigen::ArrayXd terms = Eigen::ArrayXd::Constant(1000, 5);
  terms.head(500) = 12;
  EXPECT_EQ(rounding_bias(terms, 0x1p27, kU, 1), 500 * 7);
}

TEST(RoundingBias, SignsCancel) {
  Eigen::ArrayXd terms = Eigen::ArrayXd::Constant(1000, 65504);
  terms.head(500) *= -1;
  EXPECT_EQ(rounding_bias(terms, 0x1p31, kU, 1), 0);
  terms.head(250) *= -1;
  EXPECT_EQ(rounding_bias(terms, 0x1p31, kU, 1), 500 * 32);
}

TEST(RoundingBias, NothingToAdd) {
  EXPECT_EQ(rounding_bias(Eigen::ArrayXd(0), 1, kU, 1), 0);
  EXPECT_EQ(rounding_bias(Eigen::ArrayXd::Zero(8), 0, kU, 1), 0);
  EXPECT_EQ(rounding_bias(Eigen::ArrayXd::Constant(8, 0x1p1000), INFINITY, kU, 1), 0);
}

TEST(RoundingBias, EqualTermsNeedIt) {
  const std::vector<double> terms(70000, 65504);
  EXPECT_GT(error_of(terms), bound_without_bias(terms));
  EXPECT_LE(error_of(terms), bound_of(terms));
  EXPECT_LE(bound_of(terms), 3 * error_of(terms));
}

// They differ by 2^-14, and the sum's spacing is 2^-8 in the end.
TEST(RoundingBias, TermsWithinOneSpacingNeedIt) {
  std::vector<double> terms;
  std::mt19937 bits(1);
  for (int i = 0; i < 70000; ++i) terms.push_back(0x1.55p0 + static_cast<double>(bits()) * 0x1p-46);
  EXPECT_GT(error_of(terms), bound_without_bias(terms));
  EXPECT_LE(error_of(terms), bound_of(terms));
}

// Below half the spacing of the first number, each of the others is lost.
TEST(RoundingBias, SmallTermsOfOneSignNeedIt) {
  std::vector<double> terms{1};
  terms.resize(2001, 0.4 * 0x1p-23);
  EXPECT_GT(error_of(terms), bound_without_bias(terms));
  EXPECT_LE(error_of(terms), bound_of(terms));
}

TEST(RoundingBias, RandomTermsKeepTheBound) {
  std::mt19937 bits(7);
  std::normal_distribution<double> normal;
  for (const int count : {100, 1000, 20000}) {
    for (const double mean : {0.0, 1.0}) {
      std::vector<double> terms;
      for (int i = 0; i < count; ++i) {
        terms.push_back(static_cast<double>(static_cast<float>(mean + normal(bits))));
      }
      EXPECT_EQ(bound_of(terms), bound_without_bias(terms)) << count << " around " << mean;
      EXPECT_LE(error_of(terms), bound_of(terms)) << count << " around " << mean;
    }
  }
}

}  // namespace
}  // namespace mlacheck::reference
