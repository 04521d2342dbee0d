// What a subject promises of its scales and of NaN codes, and quantizers that keep the promise or
// do not.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "harness/compare/compare.hpp"
#include "properties/flatten_quant/model.hpp"
#include "reference/common/quantize.hpp"
#include "reference/flatten_quant/oracle.hpp"

namespace mlacheck::flatten_quant {
namespace {

Problem problem_of(const std::string& form, const std::string& values, const Numerics& numerics) {
  Case c(model().schema());
  c.set("T", 3).set("H", 2).set("V", 128).set("form", form).set("values", values).set("seed", 3);
  c.set("maximum", form == "mxfp4" ? "240" : "448");
  Problem problem = model().materialise(c, "strided");
  problem.numerics = numerics;
  return problem;
}

using Written = std::vector<std::vector<std::uint32_t>>;

// FP8 by one way to find a scale; codes by x / scale.
Written quantized(const Problem& problem, const std::function<float(float)>& scale_of) {
  const Operand& x = problem.operand("x");
  const reference::Fp8Rule rule;
  Written written(problem.operands.size());
  std::vector<float> elements;
  for (const std::uint32_t bits : x.bits) {
    elements.push_back(static_cast<float>(decode(x.dtype, bits)));
  }
  for (std::size_t first = 0; first < elements.size(); first += 128) {
    const auto group = std::span(elements).subspan(first, 128);
    const float scale = scale_of(reference::fp8_magnitude(group, rule));
    written[problem.index_of("scales")].push_back(std::bit_cast<std::uint32_t>(scale));
    for (const float element : group) {
      written[problem.index_of("codes")].push_back(
          reference::fp8_code(static_cast<double>(element / scale), rule));
    }
  }
  return written;
}

std::int64_t failures(const Problem& problem, const Written& written, const std::string& operand) {
  std::int64_t count = 0;
  for (const ExpectedTensor& expected : settled(oracle().expect(problem), written)) {
    if (expected.operand != operand) continue;
    const std::size_t index = problem.index_of(operand);
    count += compare_with_oracle(problem.operands[index], expected, written[index]).failures;
  }
  return count;
}

// So many units in the last place above the quotient.
std::function<float(float)> off_by(int units) {
  return [units](float m) {
    float scale = m / 448.0f;
    for (int i = 0; i < units; ++i)
      scale = std::nextafterf(scale, std::numeric_limits<float>::max());
    return scale;
  };
}

TEST(Numerics, AScaleWithinItsUnitsIsAllowedAndTwiceAsFarIsNot) {
  Numerics promise;
  promise.scale_rule = ScaleOfGroup::within_ulps;
  promise.scale_error_ulps = 2.5;
  for (const std::string values : {"normal", "ties", "scale_edges", "every_code"}) {
    const Problem problem = problem_of("fp8", values, promise);
    EXPECT_EQ(failures(problem, quantized(problem, off_by(2)), "scales"), 0) << values;
    EXPECT_EQ(failures(problem, quantized(problem, off_by(2)), "codes"), 0) << values;
    EXPECT_GT(failures(problem, quantized(problem, off_by(5)), "scales"), 0) << values;
    const Problem strict = problem_of("fp8", values, {});
    EXPECT_GT(failures(strict, quantized(strict, off_by(2)), "scales"), 0) << values;
  }
}

TEST(Numerics, CodesAreJudgedByTheScaleThatWasWritten) {
  Numerics promise;
  promise.scale_rule = ScaleOfGroup::within_ulps;
  promise.scale_error_ulps = 1000;
  const Problem problem = problem_of("fp8", "ties", promise);
  const Written right = quantized(problem, off_by(300));
  EXPECT_EQ(failures(problem, right, "codes"), 0);
  // Codes of another scale than the one that is written: ties fall to the other side.
  Written mixed = right;
  mixed[problem.index_of("codes")] = quantized(problem, off_by(0))[problem.index_of("codes")];
  EXPECT_EQ(failures(problem, mixed, "scales"), 0);
  EXPECT_GT(failures(problem, mixed, "codes"), 0);
  // One code off where nothing is ambiguous.
  Written wrong = right;
  for (std::uint32_t& code : wrong[problem.index_of("codes")]) code ^= 1U;
  EXPECT_GT(failures(problem, wrong, "codes"), 300);
}

TEST(Numerics, EachRuleOfScalesIsExact) {
  const auto division = [](float m) { return m / 448.0f; };
  const auto reciprocal = [](float m) { return m * (1.0f / 448.0f); };
  Numerics by_reciprocal;
  by_reciprocal.scale_rule = ScaleOfGroup::reciprocal;
  Numerics by_division;
  by_division.scale_rule = ScaleOfGroup::division;
  const auto wrong_scales = [&](const Numerics& numerics, const std::function<float(float)>& rule) {
    const Problem problem = problem_of("fp8", "normal", numerics);
    return failures(problem, quantized(problem, rule), "scales");
  };
  EXPECT_EQ(wrong_scales(by_division, division), 0);
  EXPECT_EQ(wrong_scales({}, division), 0) << "the contract's own";
  EXPECT_EQ(wrong_scales(by_reciprocal, reciprocal), 0);
  EXPECT_GT(wrong_scales(by_reciprocal, division), 0);
  EXPECT_GT(wrong_scales(by_division, reciprocal), 0);
}

TEST(Numerics, ANaNMayHaveAnyCodeWhereThatIsPromised) {
  Numerics any;
  any.any_nan_code = true;
  for (const std::string form : {"fp8", "mxfp4"}) {
    for (const bool promised : {false, true}) {
      Problem problem = problem_of(form, "normal", promised ? any : Numerics{});
      Operand& x = problem.operand("x");
      x.bits[4] = x.bits[7] = encode(x.dtype, std::numeric_limits<double>::quiet_NaN());
      const Expectation expectation = oracle().expect(problem);
      Written written(problem.operands.size());
      const Operand& codes = problem.operand("codes");
      auto& bits = written[problem.index_of("codes")];
      for (const double value : expectation.outputs.front().value) {
        bits.push_back(encode(codes.dtype, value));
      }
      const auto spoilt = [&](std::size_t at, std::uint32_t mask) {
        Written other = written;
        other[problem.index_of("codes")][at] ^= mask;
        return failures(problem, other, "codes");
      };
      EXPECT_EQ(failures(problem, written, "codes"), 0);
      const std::int64_t of_nan = promised ? 0 : 1;
      if (form == "fp8") {
        EXPECT_EQ(spoilt(4, 0xffU), of_nan);
        EXPECT_EQ(spoilt(7, 0x01U), of_nan);
        EXPECT_EQ(spoilt(5, 0x01U), 1);
      } else {
        EXPECT_EQ(spoilt(2, 0x0fU), of_nan) << "element 4";
        EXPECT_EQ(spoilt(2, 0x10U), 1) << "element 5";
        EXPECT_EQ(spoilt(3, 0xf0U), of_nan) << "element 7";
        EXPECT_EQ(spoilt(3, 0x01U), 1) << "element 6";
      }
    }
  }
}

}  // namespace
}  // namespace mlacheck::flatten_quant
