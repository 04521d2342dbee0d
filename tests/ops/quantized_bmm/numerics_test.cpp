// What a subject promises of its scales of groups, in a product.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "harness/compare/compare.hpp"
#include "properties/quantized_bmm/model.hpp"
#include "reference/common/formats.hpp"
#include "reference/common/quantize.hpp"
#include "reference/quantized_bmm/oracle.hpp"

namespace mlacheck::quantized_bmm {
namespace {

using reference::decode;
using reference::SmallFormat;

// One group of 32 elements, the largest 448, so that a unit of its scale is as much as a unit can
// be. The others are codes, and none is next to the middle of two.
Problem problem_of(const Numerics& numerics) {
  Case c(model().schema());
  c.set("form", "fp8").set("V", 1).set("blocks", 1).set("maximum", "448");
  Problem problem = model().materialise(c, "strided");
  Operand& x = problem.operand("x");
  for (std::size_t i = 0; i < x.bits.size(); ++i) {
    x.bits[i] = mlacheck::encode(x.dtype, i == 0 ? 448 : 16.0 + static_cast<double>(2 * (i % 4)));
  }
  for (std::uint32_t& code : problem.operand("w").bits) code = 0x38;  // 1
  for (std::uint32_t& bits : problem.operand("w_scale").bits) {
    bits = mlacheck::encode(DType::f32, 1);
  }
  problem.numerics = numerics;
  return problem;
}

// The product with a scale that is so many units off.
double product(const Problem& problem, int units) {
  const Operand& x = problem.operand("x");
  float scale = 1;
  for (int i = 0; i < units; ++i) scale = std::nextafterf(scale, 2.0f);
  double sum = 0;
  for (const std::uint32_t bits : x.bits) {
    const auto element = static_cast<float>(mlacheck::decode(x.dtype, bits));
    sum +=
        decode(SmallFormat::e4m3fn, reference::fp8_code(static_cast<double>(element / scale), {}));
  }
  return sum * static_cast<double>(scale);
}

bool allows(const Problem& problem, double got) {
  const ExpectedTensor out = oracle().expect(problem).outputs.front();
  return std::fabs(got - out.value.front()) <= out.bound.front();
}

TEST(Numerics, AScaleWithinItsUnitsIsAllowedAndTwiceAsFarIsNot) {
  Numerics promise;
  promise.scale_rule = ScaleOfGroup::within_ulps;
  promise.scale_error_ulps = 200;
  const Problem problem = problem_of(promise);
  EXPECT_TRUE(allows(problem, product(problem, 0)));
  EXPECT_TRUE(allows(problem, product(problem, 200)));
  EXPECT_FALSE(allows(problem, product(problem, 400)));
  EXPECT_FALSE(allows(problem_of({}), product(problem, 1)));
}

TEST(Numerics, TheRuleOfScalesCanBeDivision) {
  // 1 / 448 is no fp32 number, so that both rules differ for some largest magnitude.
  Numerics division;
  division.scale_rule = ScaleOfGroup::division;
  bool differs = false;
  for (int most = 1; most < 200 && !differs; ++most) {
    const auto value = [&](const Numerics& numerics) {
      Problem problem = problem_of(numerics);
      Operand& x = problem.operand("x");
      for (std::uint32_t& bits : x.bits) bits = mlacheck::encode(x.dtype, 0);
      x.bits[0] = mlacheck::encode(x.dtype, most);
      const ExpectedTensor out = oracle().expect(problem).outputs.front();
      EXPECT_EQ(out.bound.front(), 0);
      const float scale = numerics == division ? static_cast<float>(most) / 448.0f
                                               : static_cast<float>(most) * (1.0f / 448.0f);
      EXPECT_EQ(out.value.front(), static_cast<double>(448.0f * scale)) << most;
      return out.value.front();
    };
    differs = value({}) != value(division);
  }
  EXPECT_TRUE(differs);
}

}  // namespace
}  // namespace mlacheck::quantized_bmm
