// output_step: its cases, and its oracle against numbers worked out by hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <variant>

#include "properties/output_step/model.hpp"
#include "reference/output_step/oracle.hpp"
#include "reference/output_step/parameters.hpp"
#include "tests/support/classes_met.hpp"
#include "tests/support/dense_operand.hpp"
#include "tests/support/drawn_cases.hpp"
#include "tests/support/placed_call.hpp"

namespace mlacheck::output_step {
namespace {

using testing_support::cpu_subjects;
using testing_support::dense_operand;
using testing_support::drawn_cases;
using testing_support::PlacedCall;

TEST(OutputStepCases, PromiseTheBitsOfEveryDeviceForOneGroupOfFp8CodesOnly) {
  const auto promises = [](const std::string& line) {
    return model().same_bits_on_devices(std::get<Case>(parse_case(line, {&model().schema()})));
  };
  EXPECT_TRUE(promises("output_step(projection=mxfp4,H=2,V=64)"));
  EXPECT_TRUE(promises("output_step(projection=fp8,V=128)"));
  EXPECT_FALSE(promises("output_step(projection=fp8,V=129)"));
  EXPECT_FALSE(promises("output_step(projection=fp8_transposed,H=2)"));
  EXPECT_TRUE(promises("output_step(product=fp8,blocks=4)"));
  EXPECT_FALSE(promises("output_step(product=fp8,blocks=5)"));
}

TEST(OutputStepCases, ReachEveryClass) {
  testing_support::ClassesMet classes(model().schema());
  for (const Case& c : drawn_cases(model(), 800)) {
    classes.note(c);
    const Parameters p = Parameters::of(model().materialise(c, ""));
    const std::int64_t width = c.integer("V");
    classes.note(p.fp8() && width > p.group && width % p.group != 0, "a short last group");
    classes.note(p.fp8() && width < p.group && c.integer("H") > 1, "groups wider than heads");
    classes.note(p.mxfp4() && width > 64 && (width & (width - 1)) != 0,
                 "blocks of no power of two a head");
    classes.note(p.quantizes() && c.integer("codes.gap") > 0 && c.integer("T") > 1, "padded codes");
    for (const char* name : {"T", "H", "V", "hidden", "blocks"}) {
      classes.note(c.integer(name) == 0, std::string("no ") + name);
    }
  }
  classes.expect_all();
}

// Two tokens, two heads of two columns. Latents of one block of which one or two elements are not 0, so
// that values are small integers: 1 2 | 3 4 and 2 4 | 6 8.
Problem hand_problem(Projection projection) {
  const bool fp8 = projection == Projection::fp8;
  Problem problem;
  const auto input = [&](const char* name, DType dtype, std::vector<std::int64_t> shape,
                         const std::vector<double>& values) {
    problem.operands.push_back(dense_operand(name, dtype, Access::input, std::move(shape), values));
  };
  const auto output = [&](const char* name, DType dtype, std::vector<std::int64_t> shape) {
    problem.operands.push_back(dense_operand(name, dtype, Access::output, std::move(shape), {}));
  };
  // 448 and what becomes of it: the scale of the group is 1.
  std::vector<double> latents(std::size_t{2} * 2 * 32);
  for (std::size_t line = 0; line < 4; ++line) latents[line * 32] = line < 2 ? 1 : 2;
  input("latent_out", DType::bf16, {2, 2, 32}, latents);
  std::vector<double> pairs(std::size_t{2} * 2 * 16);
  const double codes[]{2, 4, 5, 6};  // 1, 2, 3, 4 in E2M1
  for (std::size_t row = 0; row < 4; ++row) pairs[row * 16] = codes[row];
  input("w_uv", DType::u8, {2, 2, 16}, pairs);
  input("w_uv_scales", DType::u8, {2, 2, 1}, {127, 127, 127, 127});
  if (fp8) {
    // 1, 1, 1, 1 and 0, 0, 0, -2 in E4M3FN.
    input("w_o", DType::u8, {2, 4}, {0x38, 0x38, 0x38, 0x38, 0, 0, 0, 0xc0});
    input("w_o_scale", DType::f32, {1}, {0.5});
  } else {
    input("w_o", DType::bf16, {2, 4}, {0.5, 0.5, 0.5, 0.5, 0, 0, 0, -1});
  }
  output("values", DType::bf16, {2, 4});
  if (fp8) {
    output("codes", DType::u8, {2, 4});
    output("scales", DType::f32, {2, 2});
  }
  output("out", DType::bf16, {2, 2});
  reference::write_scalars(problem, Parameters{.projection = projection, .group = 128});
  return problem;
}

void expect_answers(const Problem& problem, const char* name, const std::vector<double>& wanted,
                    double tolerance) {
  for (const ExpectedTensor& tensor : oracle().expect(problem).outputs) {
    if (tensor.operand != name) continue;
    ASSERT_EQ(tensor.value.size(), wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      EXPECT_NEAR(tensor.value[i], wanted[i], tolerance) << name << " " << i;
    }
  }
  for (const char* backend : {"cpu.w32", "cpu.w64"}) {
    for (const Subject& subject : cpu_subjects("output_step", backend).subjects) {
      PlacedCall placed(problem);
      PlainContext context;
      const Status status = subject.run(placed.call(), context);
      ASSERT_TRUE(status.ok()) << status.message();
      const std::vector<double> got = placed.read(name);
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        EXPECT_NEAR(got[i], wanted[i], tolerance) << name << " " << i;
      }
    }
  }
}

TEST(OutputStepOracle, HandComputedWithoutQuantization) {
  const Problem problem = hand_problem(Projection::plain);
  expect_answers(problem, "values", {1, 2, 3, 4, 2, 4, 6, 8}, 0);
  expect_answers(problem, "out", {5, -4, 10, -8}, 0);
}

// A head's largest value becomes 448: 1 2 are 224 448, and 3 4 are 336 448, which E4M3 rounds to even: 320.
TEST(OutputStepOracle, HandComputedInFp8) {
  const Problem problem = hand_problem(Projection::fp8);
  expect_answers(problem, "scales", {2 / 448.0, 4 / 448.0, 4 / 448.0, 8 / 448.0}, 1e-9);
  expect_answers(problem, "codes", {0x76, 0x7e, 0x7a, 0x7e, 0x76, 0x7e, 0x7a, 0x7e}, 0);
  const double three = 320 * 4 / 448.0;
  expect_answers(problem, "out", {(1 + 2 + three + 4) / 2, -4, 1 + 2 + three + 4, -8}, 0.03);
}

// One element of `name` that a run has written otherwise than the oracle would.
ExpectedTensor settled_after(const Problem& problem, const char* name, std::uint32_t bits) {
  std::vector<std::vector<std::uint32_t>> written;
  const Expectation expectation = oracle().expect(problem);
  for (const Operand& operand : problem.operands) {
    written.push_back(operand.bits);
    for (const ExpectedTensor& tensor : expectation.outputs) {
      if (tensor.operand != operand.name) continue;
      for (const double value : tensor.value)
        written.back().push_back(encode(operand.dtype, value));
    }
    if (operand.name == name) written.back().front() = bits;
  }
  return settled(expectation, written).back();
}

// The projection answers for what it was handed, not for what the steps before made of it.
TEST(OutputStepOracle, JudgesEachStepByTheOneBefore) {
  const Problem plain = hand_problem(Projection::plain);
  EXPECT_EQ(settled_after(plain, "values", encode(DType::bf16, 3)).value[0], 6);
  const Problem fp8 = hand_problem(Projection::fp8);
  const double before = oracle().expect(fp8).outputs.back().value[0];
  // Twice 224 is 448: one more.
  EXPECT_NEAR(settled_after(fp8, "codes", 0x7e).value[0], before + 0.5, 1e-6);
  EXPECT_NEAR(settled_after(fp8, "scales", encode(DType::f32, 0)).value[0], before - 1.5, 1e-6);
}

// Single codes times 1: nothing is rounded but the scale of a group, so every bit is compared.
TEST(OutputStepOracle, ExactInputsHaveNoBound) {
  Case c(model().schema());
  c.set("T", 3).set("H", 2).set("V", 32).set("hidden", 70).set("blocks", 2);
  for (const char* projection : {"mxfp4", "fp8"}) {
    const Problem problem =
        model().materialise(c.set("projection", projection).set("values", "one_hot"), "");
    for (const ExpectedTensor& tensor : oracle().expect(problem).outputs) {
      EXPECT_TRUE(std::all_of(tensor.bound.begin(), tensor.bound.end(),
                              [](double b) { return b < 1e-300; }))
          << tensor.operand << " of " << c.line();
      EXPECT_TRUE(std::any_of(tensor.value.begin(), tensor.value.end(), [](double v) {
        return v != 0;
      })) << tensor.operand;
    }
  }
}

}  // namespace
}  // namespace mlacheck::output_step
