// The bounds of dot products by themselves: numbers worked out by hand, and sums that are added up
// on purpose so that they err as much as they can.
#include "reference/common/dot_bound.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace mlacheck::reference {
namespace {

constexpr double kU = 0x1p-24;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

Sums sums_of(const std::vector<double>& products) {
  Sums sums;
  for (const double product : products) sums.add(product, granule(product));
  return sums;
}

double error_of(const std::vector<double>& products, const DotArithmetic& how) {
  return sum_error(static_cast<double>(products.size()), sums_of(products), how);
}

TEST(DotBound, Granules) {
  EXPECT_EQ(granule(1), 1);
  EXPECT_EQ(granule(-6), 2);
  EXPECT_EQ(granule(0x1.fep10), 0x1p3);
  EXPECT_EQ(granule(0.375), 0.125);
  EXPECT_EQ(granule(0x1p-1074), 0x1p-1074);
  EXPECT_EQ(granule(0), kInfinity);
  EXPECT_EQ(granule(-kInfinity), kInfinity);
  EXPECT_EQ(granule(std::nan("")), kInfinity);
}

TEST(DotBound, SumsOfARowAreThoseOfItsColumns) {
  RowSums row(2);
  row.add(Row{{0.5, -3}}, Row{{0.5, 1}});
  row.add(Row{{-2, -1}}, Row{{2, 1}});
  const Sums second = row[1];
  EXPECT_EQ(row[0].value, -1.5);
  EXPECT_EQ(row[0].magnitude, 2.5);
  EXPECT_EQ(row[0].square, 4.25);
  EXPECT_EQ(row[0].granule, 0.5);
  EXPECT_EQ(second.value, -4);
  EXPECT_EQ(second.granule, 1);
}

// 16 terms of 1/2: s = 8, sum |p| = 8, sum p^2 = 4. The worst case is the smaller bound.
TEST(DotBound, WorstCaseOfFewTerms) {
  const std::vector<double> halves(16, 0.5);
  EXPECT_DOUBLE_EQ(error_of(halves, {kU, Products::rounded}), 16 * kU / (1 - 16 * kU) * 8);
  EXPECT_DOUBLE_EQ(error_of(halves, {kU, Products::exact}), 15 * kU / (1 - 15 * kU) * 8);
}

// 4096 terms of +1/2 and -1/2: s = 0, sum |p| = 2048, sum p^2 = 1024.
TEST(DotBound, ProbableErrorOfManyTerms) {
  std::vector<double> signs(4096, 0.5);
  for (std::size_t i = 0; i < signs.size(); i += 2) signs[i] = -0.5;
  EXPECT_DOUBLE_EQ(error_of(signs, {kU, Products::rounded}), 8.5 * kU * std::sqrt(4097.0 * 1024));
  EXPECT_DOUBLE_EQ(error_of(signs, {kU, Products::exact}), 8.5 * kU * std::sqrt(4096.0 * 1024));
  // 256 steps, 3 sqrt(1024) for the partial sums, or 2048.
  const double loss = 0x1p-21 + 0x1p-23;
  EXPECT_DOUBLE_EQ(error_of(signs, {kU, Products::exact, &kUnit16}), 256 * loss * 96);
  EXPECT_DOUBLE_EQ(error_of(signs, {kU, Products::exact, &kUnitMx}), 256 * loss * 2048);
  EXPECT_DOUBLE_EQ(error_of(signs, {kU, Products::exact, &kUnitFp8}), 128 * 33 * 0x1p-13 * 2048);
}

TEST(DotBound, NoAccumulatorIsTooNarrow) {
  // n u reaches 1, where gamma_n no longer exists.
  const std::vector<double> ones(128, 1.25);
  for (int digits = 2; digits <= 12; ++digits) {
    const double u = std::ldexp(1.0, -digits);
    const Sums sums = sums_of(ones);
    EXPECT_GE(error_of(ones, {u, Products::exact}), u * std::fabs(sums.value)) << digits;
  }
}

TEST(DotBound, ExactUpToTheDigitsOfAccumulatorAndUnit) {
  const auto exact = [](double large, const DotArithmetic& how) {
    return sum_is_exact(sums_of({large, 1}), how);
  };
  const auto narrow = [](int digits, const MatrixUnit* unit = nullptr) {
    return DotArithmetic{std::ldexp(1.0, -digits), Products::exact, unit};
  };
  EXPECT_TRUE(exact(0x1p23, narrow(24)));
  EXPECT_FALSE(exact(0x1p24, narrow(24)));
  EXPECT_TRUE(exact(0x1p23, narrow(24, &kUnit16)));
  EXPECT_FALSE(exact(0x1p24, narrow(53, &kUnit16))) << "a wide accumulator behind the unit";
  EXPECT_TRUE(exact(0x1p12, narrow(24, &kUnitFp8)));
  EXPECT_FALSE(exact(0x1p13, narrow(24, &kUnitFp8)));
  EXPECT_FALSE(exact(0x1p8, narrow(8, &kUnitFp8))) << "a narrow accumulator behind the unit";
  EXPECT_FALSE(sum_is_exact(sums_of({0x1p-150, 0x1p-150}), narrow(24))) << "below fp32";
  EXPECT_FALSE(sum_is_exact(sums_of({0x1p127}), narrow(24))) << "beyond fp32";
}

// One step of a unit: all addends cut at `fraction_bits` below the largest, then their sum.
double cut_at(double value, int exponent) {
  return std::ldexp(std::trunc(std::ldexp(value, -exponent)), exponent);
}

double added_by(const MatrixUnit& unit, const std::vector<double>& products) {
  const auto step = static_cast<std::size_t>(unit.step);
  double sum = 0;
  for (std::size_t first = 0; first < products.size(); first += step) {
    const std::size_t last = std::min(first + step, products.size());
    double largest = std::fabs(sum);
    for (std::size_t i = first; i < last; ++i) largest = std::max(largest, std::fabs(products[i]));
    if (largest == 0) continue;
    const int finest = std::ilogb(largest) - unit.fraction_bits;
    double total = cut_at(sum, finest);
    for (std::size_t i = first; i < last; ++i) total += cut_at(products[i], finest);
    sum = total == 0 ? 0 : cut_at(total, std::ilogb(total) - unit.sum_bits);
  }
  return sum;
}

// The largest product comes first, and each of the others loses nearly one unit of the last place.
TEST(DotBound, CoversATruncatingUnitAtItsWorst) {
  for (const MatrixUnit* unit : {&kUnit16, &kUnitMx, &kUnitFp8}) {
    double most_used = 0;
    for (std::size_t terms = 1; terms <= 600; ++terms) {
      std::vector<double> products(terms, std::ldexp(1 - 0x1p-7, -unit->fraction_bits));
      products.front() = 1;
      const double error = std::fabs(sums_of(products).value - added_by(*unit, products));
      const double bound = error_of(products, {kU, Products::exact, unit});
      EXPECT_LE(error, bound) << terms;
      most_used = std::max(most_used, error / bound);
    }
    EXPECT_GT(most_used, 0.7) << "the bound is far from the worst case";
  }
}

TEST(DotBound, CoversARandomSumOfATruncatingUnit) {
  std::mt19937 engine(5);
  std::uniform_int_distribution<int> digits(-127, 127);
  std::uniform_int_distribution<int> exponent(-12, 3);
  for (const MatrixUnit* unit : {&kUnit16, &kUnitMx, &kUnitFp8}) {
    for (int round = 0; round < 500; ++round) {
      std::vector<double> products(static_cast<std::size_t>(1 + round));
      for (double& product : products) product = std::ldexp(digits(engine), exponent(engine));
      const Sums sums = sums_of(products);
      const DotArithmetic how{kU, Products::exact, unit};
      const double error = std::fabs(sums.value - added_by(*unit, products));
      EXPECT_LE(error, sum_is_exact(sums, how) ? 0 : error_of(products, how)) << round;
    }
  }
}

// 1 and then halves of its last place: each of them is lost. A free order admits that as long as
// the worst case is the smaller bound, which is up to lambda^2 terms.
TEST(DotBound, CoversRoundingThatAlwaysGoesDown) {
  for (std::size_t terms = 2; terms <= 72; ++terms) {
    std::vector<double> products(terms, kU);
    products.front() = 1;
    float sum = 0;
    for (const double product : products) sum += static_cast<float>(product);
    const double error = std::fabs(sums_of(products).value - static_cast<double>(sum));
    EXPECT_EQ(error, static_cast<double>(terms - 1) * kU);
    const double bound = error_of(products, {kU, Products::exact});
    EXPECT_LE(error, bound);
    EXPECT_GT(error, 0.99 * bound) << "nothing is given away";
  }
}

// Sums that count as exact have one result in every order, and in a unit that cuts.
TEST(DotBound, ExactSumsDoNotRound) {
  std::mt19937 engine(7);
  std::uniform_int_distribution<int> digits(-15, 15);
  int exact = 0;
  int others = 0;
  for (int round = 0; round < 2000; ++round) {
    std::uniform_int_distribution<int> exponent(0, round % 20);
    std::vector<double> products(40);
    for (double& product : products) product = std::ldexp(digits(engine), exponent(engine));
    const Sums sums = sums_of(products);
    for (const MatrixUnit* unit : {&kUnit16, &kUnitFp8}) {
      if (!sum_is_exact(sums, {kU, Products::exact, unit})) {
        ++others;
        continue;
      }
      ++exact;
      EXPECT_EQ(added_by(*unit, products), sums.value);
      std::shuffle(products.begin(), products.end(), engine);
      float sum = 0;
      for (const double product : products) sum += static_cast<float>(product);
      EXPECT_EQ(static_cast<double>(sum), sums.value);
    }
  }
  EXPECT_GT(exact, 500);
  EXPECT_GT(others, 500);
}

TEST(DotBound, StoresRoundOnce) {
  const Sums sums = sums_of({0x1p30, 1});
  const DotArithmetic how{kU, Products::exact};
  const double inner = sum_error(2, sums, how) + 2 * 0x1p-150;
  EXPECT_EQ(stored_sum(DType::f32, 2, sums, how).bound, inner);
  EXPECT_EQ(stored_sum(DType::bf16, 2, sums, how).value, 0x1p30 + 1);
  EXPECT_DOUBLE_EQ(stored_sum(DType::bf16, 2, sums, how).bound,
                   inner + 0x1p-8 * (0x1p30 + 1 + inner));
  const DotArithmetic narrow{0x1p-11, Products::exact};
  EXPECT_GT(stored_sum(DType::f32, 2, sums, narrow).bound, sum_error(2, sums, narrow))
      << "a narrow accumulator is widened by a rounding of its own";
}

TEST(DotBound, ZerosThatAreAllNegativeMayHaveEitherSign) {
  const auto stored = [](const Row& a, const Row& b) {
    RowSums sums(1);
    for (Eigen::Index i = 0; i < a.size(); ++i) sums.add(Row{{a[i] * b[i]}});
    return stored_dot(DType::f32, a, b.transpose(), 0, sums[0], {kU, Products::exact});
  };
  EXPECT_EQ(stored(Row{{-0.0, 1}}, Row{{1, -0.0}}).bound, kEitherZero);
  EXPECT_EQ(stored(Row{{-0.0, 0}}, Row{{1, 1}}).bound, 0);
  EXPECT_EQ(stored(Row(0), Row(0)).bound, 0) << "an empty sum is +0";
  EXPECT_FALSE(std::signbit(stored(Row{{-0.0, 0}}, Row{{1, 1}}).value));
}

}  // namespace
}  // namespace mlacheck::reference
