// Subnormal operands in a matrix unit that truncates, against a model of such a unit.
#include "reference/common/alignment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace mlacheck::reference {
namespace {

constexpr DotArithmetic kTruncates{0x1p-24, Products::rounded, &kUnit16};

struct Terms {
  std::vector<double> a;
  std::vector<double> b;
};

double cut_at(double value, int exponent) {
  return std::ldexp(std::trunc(std::ldexp(value, -exponent)), exponent);
}

// The exponent that the unit reads in the operand's bits.
int exponent_of(double operand, double smallest) {
  return std::ilogb(std::max(std::fabs(operand), smallest));
}

// As the unit adds f16 products.
double added_by_unit(const MatrixUnit& unit, const Terms& terms) {
  const double smallest = smallest_normal(DType::f16);
  const auto step = static_cast<std::size_t>(unit.step);
  double sum = 0;
  for (std::size_t first = 0; first < terms.a.size(); first += step) {
    const std::size_t last = std::min(first + step, terms.a.size());
    int highest = sum == 0 ? -1000 : std::ilogb(sum);
    for (std::size_t i = first; i < last; ++i) {
      if (terms.a[i] == 0 || terms.b[i] == 0) continue;
      highest =
          std::max(highest, exponent_of(terms.a[i], smallest) + exponent_of(terms.b[i], smallest));
    }
    if (highest == -1000) continue;
    double total = cut_at(sum, highest - unit.fraction_bits);
    for (std::size_t i = first; i < last; ++i) {
      total += cut_at(terms.a[i] * terms.b[i], highest - unit.fraction_bits);
    }
    sum = total == 0 ? 0 : cut_at(total, std::ilogb(total) - unit.sum_bits);
  }
  return sum;
}

Sums sums_of(const Terms& terms, const DotArithmetic& how) {
  const auto count = static_cast<Eigen::Index>(terms.a.size());
  const Rows weights = Eigen::Map<const Rows>(terms.b.data(), count, 1);
  const Alignment alignment(weights, DType::f16, how);
  RowSums sums(1);
  for (Eigen::Index l = 0; l < count; ++l) {
    const double a = terms.a[static_cast<std::size_t>(l)];
    sums.add(a * weights.row(l), granule(a) * weights.row(l).unaryExpr(&granule));
    alignment.add(sums, a, l);
  }
  return sums[0];
}

double bound_of(const Sums& sums, std::size_t terms) {
  return sum_error(static_cast<double>(terms), sums, kTruncates);
}

TEST(Alignment, SubnormalOperandsCountAsTheSmallestNormalNumber) {
  EXPECT_EQ(aligned(0, 0x1p-14), 0);
  EXPECT_EQ(aligned(-0x1p-24, 0x1p-14), 0x1p-14);
  EXPECT_EQ(aligned(-3, 0x1p-14), 3);
  const Terms terms{{0x1p-24, 2, 0}, {4, 0x1p-20, 0x1p-24}};
  EXPECT_EQ(sums_of(terms, kTruncates).subnormal, 0x1p-12 - 0x1p-22 + 0x1p-13 - 0x1p-19);
  EXPECT_EQ(sums_of(terms, {0x1p-24, Products::rounded}).subnormal, 0) << "no unit";
}

// cuBLAS on an H200, 2026-11-30: strided_bmm(T=5,H=9,latent=4,V=256,dtype=f16,values=wide,
// seed=986956613), element (4,4,104). Its answer was half of f16's last place, and more, below the sum.
TEST(Alignment, CoversWhatAnH200Gave) {
  const Terms terms{{-0x1.a84p-11, -4752, 33.46875, 0x1.d34p-9},
                    {-1.701171875, 0x1.4p-22, 0x1.ap-21, 0x1.a98p-7}};
  Sums sums = sums_of(terms, kTruncates);
  const double got = added_by_unit(kUnit16, terms);
  EXPECT_EQ(got, 546.5 * 0x1p-24) << "a tie, which f16 rounds to 0x0222 as the H200 did";
  EXPECT_LE(sums.value - got, bound_of(sums, 4));
  sums.subnormal = 0;
  EXPECT_GT(sums.value - got, bound_of(sums, 4)) << "aligned by the largest product";
}

TEST(Alignment, CoversRandomSums) {
  std::mt19937 engine(7);
  std::uniform_int_distribution<int> digits(-127, 127);  // as many as granule() takes
  std::uniform_int_distribution<int> shift(0, 24);
  std::int64_t beyond_the_products = 0;
  for (int round = 0; round < 2000; ++round) {
    Terms terms;
    for (int i = 0; i < 1 + round % 64; ++i) {
      terms.a.push_back(digits(engine) * std::ldexp(1.0, shift(engine) - 24));
      terms.b.push_back(digits(engine) * std::ldexp(1.0, shift(engine) / 4 - 24));
    }
    Sums sums = sums_of(terms, kTruncates);
    const double error = std::fabs(sums.value - added_by_unit(kUnit16, terms));
    EXPECT_LE(error, sum_is_exact(sums, kTruncates) ? 0 : bound_of(sums, terms.a.size())) << round;
    sums.subnormal = 0;
    beyond_the_products += error > bound_of(sums, terms.a.size()) ? 1 : 0;
  }
  EXPECT_GT(beyond_the_products, 0) << "these sums do not ask for the term";
}

// 2^-9 + 2^-30 has 22 digits, but its first product is aligned as 2.
TEST(Alignment, FewDigitsAreNotExactThen) {
  const Terms terms{{0x1p-24, 0x1p-15}, {0x1p15, 0x1p-15}};
  Sums sums = sums_of(terms, kTruncates);
  EXPECT_EQ(added_by_unit(kUnit16, terms), 0x1p-9);
  EXPECT_FALSE(sum_is_exact(sums, kTruncates));
  sums.subnormal = 0;
  EXPECT_TRUE(sum_is_exact(sums, kTruncates));
}

}  // namespace
}  // namespace mlacheck::reference
