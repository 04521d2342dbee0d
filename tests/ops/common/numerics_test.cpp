// What a subject promises of its arithmetic widens the oracles' bounds, by as much as is needed.
#include <gtest/gtest.h>

#include <Eigen/Core>
#include <cmath>

#include "reference/common/merge_step.hpp"
#include "reference/mla_decode/decode_row.hpp"
#include "reference/strided_bmm/oracle.hpp"

namespace mlacheck {
namespace {

// Deterministic numbers in [-1, 1) that are no special values.
double number(std::uint64_t i) {
  return std::fmod(static_cast<double>((i + 1) * 2654435761U % 4294967296U), 65536.0) / 32768.0 - 1;
}

double rounded(double value, int digits) {
  if (value == 0) return 0;
  const double unit = std::ldexp(1.0, std::ilogb(value) + 1 - digits);
  return std::nearbyint(value / unit) * unit;
}

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
  EXPECT_EQ(outside(strided_bmm::oracle().expect(modest).outputs.front(), got), 0);
  EXPECT_GT(outside(strided_bmm::oracle().expect(dot_products({})).outputs.front(), got), 5);
}

TEST(Numerics, IntegersAreExactOnlyAsFarAsTheAccumulatorReaches) {
  Problem problem = dot_products({});
  for (Operand& operand : problem.operands) {
    for (std::uint32_t& bits : operand.bits) bits = encode(DType::bf16, 3);
  }
  EXPECT_EQ(strided_bmm::oracle().expect(problem).outputs.front().bound.front(), 0);
  problem.numerics.accumulator_digits = 11;  // 9 * 256 is more than 2^11
  EXPECT_GT(strided_bmm::oracle().expect(problem).outputs.front().bound.front(), 0);
}

TEST(Numerics, TruncationWidensSixteenBitTypesOnly) {
  Numerics truncating;
  truncating.truncating_products = true;
  Problem wide = dot_products({});
  Problem cut = dot_products(truncating);
  const auto bound = [](const Problem& p) {
    return strided_bmm::oracle().expect(p).outputs.front().bound.front();
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
  mla_decode::Arithmetic arithmetic{1.0, 1, 4};
  const mla_decode::Row strict = mla_decode::attend(query, keys, arithmetic);
  arithmetic.numerics.probability_digits = 8;
  const mla_decode::Row modest = mla_decode::attend(query, keys, arithmetic);
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
  const mla_decode::Row strict = mla_decode::attend(query, keys, {1.0, 3, 4});
  for (const Numerics& numerics :
       {Numerics{.accumulator_digits = 12}, Numerics{.exp_error_ulps = 64},
        Numerics{.truncating_products = true}}) {
    const mla_decode::Row modest = mla_decode::attend(query, keys, {1.0, 3, 4, numerics});
    EXPECT_TRUE((modest.out_error > strict.out_error).all());
    EXPECT_GT(modest.lse_error, strict.lse_error);
    EXPECT_TRUE((modest.out == strict.out).all());
  }
}

TEST(Numerics, AFastExponentialNeedsToBePromised) {
  Numerics fast;
  fast.exp_error_ulps = 1000;
  const auto strict = reference::merge_lse({2, 0}, 1.25);
  const auto modest = reference::merge_lse({2, 0}, 1.25, fast);
  // One share of the smaller mass, 1000 ulp off in each direction.
  const double off = 1000 * 0x1.0p-23 * std::exp(-0.75) / (1 + std::exp(-0.75)) / 2;
  EXPECT_GT(modest.lse.bound, off);
  EXPECT_LT(strict.lse.bound, off);
  EXPECT_GT(modest.mass_error, 100 * strict.mass_error);
}

}  // namespace
}  // namespace mlacheck
