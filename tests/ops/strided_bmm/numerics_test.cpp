// What a subject promises of its sums widens the bounds of products, by as much as is needed.
#include <gtest/gtest.h>

#include "reference/strided_bmm/oracle.hpp"
#include "tests/support/plain_numbers.hpp"

namespace mlacheck::strided_bmm {
namespace {

using testing_support::number;
using testing_support::rounded;

constexpr std::int64_t kTerms = 256;

Problem dot_products(const Numerics& numerics) {
  Problem problem;
  const auto operand = [](const char* name, Access access, std::vector<std::int64_t> shape,
                          std::uint64_t salt) {
    Operand result;
    result.name = name;
    result.dtype = DType::bf16;
    result.access = access;
    result.layout = Layout::dense(std::move(shape));
    if (access != Access::input) return result;
    for (std::int64_t i = 0; i < result.layout.elements(); ++i) {
      result.bits.push_back(encode(DType::bf16, number(salt + static_cast<std::uint64_t>(i))));
    }
    return result;
  };
  problem.operands = {operand("x", Access::input, {1, 1, kTerms}, 7),
                      operand("w", Access::input, {1, kTerms, 40}, 1000),
                      operand("out", Access::output, {1, 1, 40}, 0)};
  problem.numerics = numerics;
  return problem;
}

// The dot products of `problem`, each partial sum rounded to so many digits.
std::vector<double> summed(const Problem& problem, int digits) {
  const std::vector<double> x = problem.operand("x").values();
  const std::vector<double> w = problem.operand("w").values();
  std::vector<double> result(40, 0.0);
  for (std::size_t l = 0; l < static_cast<std::size_t>(kTerms); ++l) {
    for (std::size_t v = 0; v < 40; ++v) {
      result[v] = rounded(result[v] + x[l] * w[l * 40 + v], digits);
    }
  }
  return result;
}

int outside(const ExpectedTensor& expected, const std::vector<double>& got) {
  int count = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    count += std::fabs(got[i] - expected.value[i]) > expected.bound[i] ? 1 : 0;
  }
  return count;
}

TEST(Numerics, AShortAccumulatorNeedsToBePromised) {
  Numerics promise;
  promise.accumulator_digits = 8;
  const Problem modest = dot_products(promise);
  const std::vector<double> got = summed(modest, 8);
  EXPECT_EQ(outside(oracle().expect(modest).outputs.front(), got), 0);
  EXPECT_GT(outside(oracle().expect(dot_products({})).outputs.front(), got), 5);
}

TEST(Numerics, IntegersAreExactOnlyAsFarAsTheAccumulatorReaches) {
  Problem problem = dot_products({});
  for (Operand& operand : problem.operands) {
    for (std::uint32_t& bits : operand.bits) bits = encode(DType::bf16, 3);
  }
  EXPECT_EQ(oracle().expect(problem).outputs.front().bound.front(), 0);
  problem.numerics.accumulator_digits = 11;  // 9 * 256 is more than 2^11
  EXPECT_GT(oracle().expect(problem).outputs.front().bound.front(), 0);
}

TEST(Numerics, TruncationWidensSixteenBitTypesOnly) {
  Numerics truncating;
  truncating.truncating_products = true;
  Problem wide = dot_products({});
  Problem cut = dot_products(truncating);
  const auto bound = [](const Problem& p) {
    return oracle().expect(p).outputs.front().bound.front();
  };
  EXPECT_GT(bound(cut), bound(wide));
  for (Problem* p : {&wide, &cut}) {
    for (Operand& operand : p->operands) {
      for (std::uint32_t& bits : operand.bits) bits <<= 16;  // the same numbers in fp32
      operand.dtype = DType::f32;
    }
  }
  EXPECT_EQ(bound(cut), bound(wide));
}

// One output, in fp32, of kTerms equal products.
Problem equal_products(double x, double w, const Numerics& numerics) {
  Problem problem;
  const auto operand = [](const char* name, Access access, std::vector<std::int64_t> shape,
                          double value) {
    Operand result;
    result.name = name;
    result.dtype = DType::f32;
    result.access = access;
    result.layout = Layout::dense(std::move(shape));
    if (access == Access::input) {
      result.bits.assign(static_cast<std::size_t>(kTerms), encode(DType::f32, value));
    }
    return result;
  };
  problem.operands = {operand("x", Access::input, {1, 1, kTerms}, x),
                      operand("w", Access::input, {1, kTerms, 1}, w),
                      operand("out", Access::output, {1, 1, 1}, 0)};
  problem.numerics = numerics;
  return problem;
}

// `value` cut to so many digits.
double cut(double value, int digits) {
  const double unit = std::ldexp(1.0, std::ilogb(value) - digits + 1);
  return std::trunc(value / unit) * unit;
}

bool allows(const Problem& problem, double got) {
  return outside(oracle().expect(problem).outputs.front(), {got}) == 0;
}

TEST(Numerics, OperandsOfElevenDigitsAreAllowedAndOfTenAreNot) {
  Numerics tf32;
  tf32.operand_digits = 11;
  // Below the next number of 10 digits, so that each cut loses nearly all that it may.
  for (const double value : {1 + 0x1.0p-9 - 0x1.0p-23, -(1 + 0x1.0p-9 - 0x1.0p-23)}) {
    const Problem problem = equal_products(value, std::fabs(value), tf32);
    const auto sum = [&](int digits) {
      return kTerms * cut(value, digits) * cut(std::fabs(value), digits);
    };
    EXPECT_TRUE(allows(problem, sum(11)));
    EXPECT_FALSE(allows(problem, sum(10)));
    EXPECT_FALSE(allows(equal_products(value, std::fabs(value), {}), sum(11)));
  }
}

TEST(Numerics, OperandsThatHaveNoMoreDigitsStayExact) {
  Numerics tf32;
  tf32.operand_digits = 11;
  EXPECT_TRUE(allows(equal_products(3, 2047, tf32), 3.0 * 2047 * kTerms));
  EXPECT_EQ(oracle().expect(equal_products(3, 2047, tf32)).outputs.front().bound.front(), 0);
  EXPECT_GT(oracle().expect(equal_products(3, 2049, tf32)).outputs.front().bound.front(), 0);
  // Of 16-bit types nothing is lost.
  const auto bound = [](const Numerics& numerics) {
    return oracle().expect(dot_products(numerics)).outputs.front().bound;
  };
  EXPECT_EQ(bound(tf32), bound({}));
}

TEST(Numerics, ProductsOfEightDigitsAreAllowedAndOfSevenAreNot) {
  for (const int digits : {8, Numerics::kOfElementType}) {
    Numerics promise;
    promise.product_digits = digits;
    const int held = digits == 8 ? 8 : 24;
    const double value = 1 + std::ldexp(1.0, -8) - 0x1.0p-22;  // rounded down at 8 digits
    const double coarse = 1 + std::ldexp(1.0, -7) - 0x1.0p-22;
    EXPECT_EQ(allows(equal_products(1, value, promise), kTerms * rounded(value, 8)), held == 8);
    EXPECT_FALSE(allows(equal_products(1, coarse, promise), kTerms * rounded(coarse, 7)));
  }
}

TEST(Numerics, RoundedProductsOfIntegersAreExactAsFarAsTheirDigitsReach) {
  Numerics promise;
  promise.product_digits = 11;
  EXPECT_EQ(oracle().expect(equal_products(1, 2, promise)).outputs.front().bound.front(), 0);
  EXPECT_GT(oracle().expect(equal_products(3, 3, promise)).outputs.front().bound.front(), 0);
}

}  // namespace
}  // namespace mlacheck::strided_bmm
