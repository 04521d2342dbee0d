// How small a mistake in the softmax scale the oracle sees at the columns of real models. docs/layer.md has
// the table.
#include <gtest/gtest.h>

#include "properties/decode_step/model.hpp"
#include "reference/decode_step/oracle.hpp"
#include "tests/support/scale_error.hpp"

namespace mlacheck::decode_step {
namespace {

using testing_support::outside;
using testing_support::scaled;

// Times the scale of V2-Lite, 1 / sqrt(192): that of V3 has the square of the factor of its longer context,
// 0.1 log 40 + 1 (YaRN).
constexpr double kLite = 1;
constexpr double kV3 = 1.8739;

// Two heads stand for all: each has its own weights.
Problem problem_of(const char* dtype, double factor) {
  Case c(model().schema());
  c.set("dtype", dtype).set("requests", {1, 32}).set("H", 2).set("latent", 512);
  c.set("nope", 128).set("rope", 64).set("V", 128).set("page", 64).set("values", "normal");
  return scaled(model().materialise(c, ""), factor);
}

template <class Judge>
void for_each_shape(const Judge& judge) {
  for (const double factor : {kLite, kV3}) {
    for (const char* dtype : {"bf16", "f16", "f32"}) {
      SCOPED_TRACE(dtype + std::string(factor == kV3 ? ", V3" : ", V2-Lite"));
      const Problem problem = problem_of(dtype, factor);
      judge(problem, oracle().expect(problem).outputs.front());
    }
  }
}

TEST(DecodeStepSensitivity, TheRightScaleIsInside) {
  for_each_shape([](const Problem& problem, const ExpectedTensor& expected) {
    EXPECT_EQ(outside(expected, problem, {"decode_step", "optimised", "cpu.w32"}, 0), 0);
    EXPECT_EQ(outside(expected, problem, {"decode_step", "plain", "cpu.w64"}, 0), 0);
  });
}

// Bounds that carry the store of each step on in the worst case let a scale pass that is 10 % off.
TEST(DecodeStepSensitivity, OnePercentIsOutside) {
  for_each_shape([](const Problem& problem, const ExpectedTensor& expected) {
    for (const double error : {0.01, -0.03}) {
      EXPECT_GE(outside(expected, problem, {"decode_step", "optimised"}, error), 64) << error;
    }
  });
}

}  // namespace
}  // namespace mlacheck::decode_step
