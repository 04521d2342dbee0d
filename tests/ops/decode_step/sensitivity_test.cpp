// How small a mistake in the softmax scale the oracle sees at the shapes of real models. docs/layer.md
// has the table.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "properties/decode_step/model.hpp"
#include "reference/decode_step/oracle.hpp"
#include "tests/support/placed_call.hpp"

namespace mlacheck::decode_step {
namespace {

using testing_support::cpu_subjects;
using testing_support::PlacedCall;
using testing_support::variant_of;

// Two heads stand for all: each has its own weights. The scale of V3 has the square of the factor of its
// longer context, 0.1 log 40 + 1 (YaRN).
constexpr double kLiteScale = 0.0721688;
constexpr double kV3Scale = 0.1352338;

Problem problem_of(const char* dtype, std::int64_t keys, double scale) {
  Case c(model().schema());
  c.set("dtype", dtype).set("requests", {1, keys}).set("H", 2).set("latent", 512);
  c.set("nope", 128).set("rope", 64).set("V", 128).set("page", 64).set("values", "normal");
  Problem problem = model().materialise(c, "");
  for (auto& [name, value] : problem.reals) {
    if (name == "scale") value = scale;
  }
  return problem;
}

struct Kernel {
  const char* variant = "optimised";
  const char* backend = "cpu.w32";
};

// Of a shape of a model: what is right, and how many elements of a kernel that takes another scale are not.
class Shape {
 public:
  Shape(const char* dtype, std::int64_t keys, double scale)
      : dtype_(dtype),
        keys_(keys),
        scale_(scale),
        expected_(oracle().expect(problem_of(dtype, keys, scale)).outputs.front()) {}

  std::int64_t outside(double scale_error, const Kernel& kernel = {}) const {
    PlacedCall placed(problem_of(dtype_, keys_, scale_ * (1 + scale_error)));
    PlainContext context;
    const SubjectTable table = cpu_subjects("decode_step", kernel.backend);
    const Status status = variant_of(table, kernel.variant).run(placed.call(), context);
    EXPECT_TRUE(status.ok()) << status.message();
    const std::vector<double> got = placed.read("out");
    std::int64_t count = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
      count += std::fabs(got[i] - expected_.value[i]) > expected_.bound[i] ? 1 : 0;
    }
    return count;
  }

 private:
  const char* dtype_;
  std::int64_t keys_;
  double scale_;
  ExpectedTensor expected_;
};

TEST(DecodeStepSensitivity, TheRightScaleIsInside) {
  for (const double scale : {kLiteScale, kV3Scale}) {
    for (const char* dtype : {"bf16", "f16", "f32"}) {
      const Shape shape(dtype, 32, scale);
      for (const Kernel& kernel : {Kernel{"optimised", "cpu.w32"}, Kernel{"plain", "cpu.w64"}}) {
        EXPECT_EQ(shape.outside(0, kernel), 0)
            << dtype << ' ' << scale << ' ' << kernel.variant << ' ' << kernel.backend;
      }
    }
  }
}

// Bounds that carried each step's store on in the worst case let a scale pass that was 10 % off.
TEST(DecodeStepSensitivity, OnePercentIsOutside) {
  for (const double scale : {kLiteScale, kV3Scale}) {
    for (const char* dtype : {"bf16", "f16", "f32"}) {
      const Shape shape(dtype, 32, scale);
      for (const double error : {0.01, -0.03}) {
        EXPECT_GE(shape.outside(error), 64) << dtype << ' ' << scale << ' ' << error;
      }
    }
  }
}

}  // namespace
}  // namespace mlacheck::decode_step
