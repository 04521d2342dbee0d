// The certificate by scales: its limits, that the oracle agrees wherever it certifies, and that no
// order of a certified sum changes a bit.
#include "reference/quantized_bmm/exactness.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "properties/quantized_bmm/values.hpp"
#include "reference/quantized_bmm/oracle.hpp"
#include "tests/support/wrapped_subject.hpp"

namespace mlacheck::quantized_bmm {
namespace {

TEST(Exactness, WidestSpreads) {
  EXPECT_EQ(widest_exact_spread(32), 11);
  EXPECT_EQ(widest_exact_spread(128), 9);
  EXPECT_EQ(widest_exact_spread(192), 9);
  EXPECT_EQ(widest_exact_spread(512), 7);
  EXPECT_EQ(widest_exact_spread(116508), 0);  // 144 * 116508 <= 2^24 < 144 * 116509
  EXPECT_EQ(widest_exact_spread(116509), -1);
}

// One dot product of form 1: a scale for each block of x, and w of ones.
Problem dot(const std::vector<std::uint32_t>& scales, std::uint32_t code,
            std::uint32_t weight = 2) {
  const auto blocks = static_cast<std::int64_t>(scales.size());
  const auto operand = [](const char* name, std::vector<std::int64_t> shape,
                          std::vector<std::uint32_t> bits) {
    Operand result;
    result.name = name;
    result.dtype = DType::u8;
    result.layout = Layout::dense(std::move(shape));
    result.bits = std::move(bits);
    return result;
  };
  const auto pairs = static_cast<std::size_t>(16 * blocks);
  Problem problem;
  problem.operands = {
      operand("x", {1, 1, 16 * blocks}, std::vector<std::uint32_t>(pairs, 17 * code)),
      operand("x_scales", {1, 1, blocks}, scales),
      operand("w", {1, 1, 16 * blocks}, std::vector<std::uint32_t>(pairs, 17 * weight)),
      operand("w_scales", {1, 1, blocks}, std::vector<std::uint32_t>(scales.size(), 127)),
      operand("out", {1, 1, 1}, {})};
  problem.operands.back().dtype = DType::f32;
  problem.operands.back().access = Access::output;
  problem.integers = {{"form", 1}, {"splits", 1}, {"format", 0}, {"maximum", 448}};
  return problem;
}

TEST(Exactness, EndsAtTheWidestSpread) {
  EXPECT_TRUE(exact_by_scales(dot({127, 127 + 9, 130, 127}, 7)).at(0));
  EXPECT_FALSE(exact_by_scales(dot({127, 127 + 10, 130, 127}, 7)).at(0));
  EXPECT_FALSE(exact_by_scales(dot({127, 127 - 10, 120, 127}, 7)).at(0));
}

TEST(Exactness, BlocksOfZerosDoNotCountAndNanScalesDo) {
  EXPECT_TRUE(exact_by_scales(dot({127, 200}, 0)).at(0));
  EXPECT_TRUE(exact_by_scales(dot({127, 200}, 8)).at(0));
  EXPECT_TRUE(exact_by_scales(dot({127, 200}, 5, 0)).at(0));
  EXPECT_FALSE(exact_by_scales(dot({127, 255}, 0)).at(0));
}

TEST(Exactness, EndsOfTheRangeAreNotCertified) {
  // A quarter of 2^-147 is 2^-149, the last fp32 number.
  Problem low = dot({0}, 2);
  low.operands[3].bits = {107};
  EXPECT_TRUE(exact_by_scales(low).at(0));
  low.operands[3].bits = {106};
  EXPECT_FALSE(exact_by_scales(low).at(0));
  EXPECT_FALSE(exact_by_scales(dot({253}, 7)).at(0));
}

std::vector<Case> mxfp4_cases() {
  return wrapped::drawn_cases("quantized_bmm", 200, [](const Case& c) {
    return c.choice("form") != "fp8" && c.integer("T") * c.integer("H") * c.integer("V") > 0;
  });
}

// The certificate is the coarser of the two, and still covers most sums of the exact classes.
TEST(Exactness, TheOracleAgrees) {
  const OpEntry& op = *find_op("quantized_bmm");
  std::int64_t certified = 0;
  std::int64_t exact_classes = 0;
  for (const Case& c : mxfp4_cases()) {
    const Problem problem = op.model->materialise(c, "strided");
    const std::vector<bool> exact = exact_by_scales(problem);
    const ExpectedTensor expected = op.oracle->expect(problem).outputs.at(0);
    ASSERT_EQ(exact.size(), expected.bound.size());
    const bool narrow = c.choice("values") == "grid" || c.choice("values") == "normal";
    for (std::size_t i = 0; i < exact.size(); ++i) {
      certified += narrow && exact[i] ? 1 : 0;
      exact_classes += narrow ? 1 : 0;
      // A sum of zeros of one sign may have either sign, which the oracle says by a tiny bound.
      if (exact[i]) {
        ASSERT_LT(expected.bound[i], 0x1p-1000) << c.line() << " element " << i;
      }
    }
  }
  EXPECT_GT(exact_classes, 1000);
  EXPECT_GT(certified, exact_classes * 9 / 10);
}

float sum_of(const std::vector<double>& products, const std::vector<std::size_t>& order,
             std::size_t splits) {
  std::vector<float> parts(splits);
  for (std::size_t i = 0; i < order.size(); ++i) {
    parts[i * splits / order.size()] += static_cast<float>(products[order[i]]);
  }
  float sum = 0;
  for (const float part : parts) sum += part;
  return sum;
}

TEST(Exactness, NoOrderOfACertifiedSumMatters) {
  const OpModel& model = *find_op("quantized_bmm")->model;
  std::mt19937_64 random(1);
  int certified = 0;
  int sensitive = 0;  // of the others
  for (const Case& c : mxfp4_cases()) {
    if (c.integer("blocks") == 0) continue;
    const Problem problem = model.materialise(c, "strided");
    const std::vector<double> x = activations(problem);
    const std::vector<double> w = weights(problem);
    const auto depth = static_cast<std::size_t>(32 * c.integer("blocks"));
    std::vector<double> products(depth);
    for (std::size_t k = 0; k < depth; ++k) products[k] = x[k] * w[k];
    std::vector<std::size_t> order(depth);
    for (std::size_t k = 0; k < depth; ++k) order[k] = k;
    const float sum = sum_of(products, order, 1);
    bool same = true;
    for (std::size_t splits = 1; splits <= 4; ++splits) {
      std::shuffle(order.begin(), order.end(), random);
      const float other = sum_of(products, order, splits);
      same = same && (other == sum || (std::isnan(other) && std::isnan(sum)));
    }
    const bool exact = exact_by_scales(problem).at(0);
    certified += exact ? 1 : 0;
    sensitive += exact || same ? 0 : 1;
    EXPECT_TRUE(same || !exact) << c.line();
  }
  EXPECT_GT(certified, 50);
  EXPECT_GT(sensitive, 5);
}

}  // namespace
}  // namespace mlacheck::quantized_bmm
