// flatten_quant: its cases, and its oracle against numbers worked out by hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>

#include "properties/flatten_quant/model.hpp"
#include "properties/flatten_quant/values.hpp"
#include "reference/flatten_quant/oracle.hpp"
#include "tests/support/classes_met.hpp"
#include "tests/support/drawn_cases.hpp"
#include "tests/support/placed_call.hpp"

namespace mlacheck::flatten_quant {
namespace {

using testing_support::drawn_cases;

constexpr double kInf = std::numeric_limits<double>::infinity();

std::vector<Case> drawn(int count) { return drawn_cases(model(), count); }

// A case with its elements replaced; those past the end of `values` are 0.
Problem problem_of(const Case& c, const std::vector<double>& values) {
  Problem problem = model().materialise(c, "strided");
  Operand& x = problem.operands.front();
  for (std::size_t i = 0; i < x.bits.size(); ++i) {
    x.bits[i] = encode(x.dtype, i < values.size() ? values[i] : 0.0);
  }
  return problem;
}

Case case_of(std::int64_t tokens, std::int64_t heads, std::int64_t columns, std::string_view form) {
  Case c(model().schema());
  return c.set("T", tokens).set("H", heads).set("V", columns).set("form", form);
}

std::vector<double> expected(const Problem& problem, std::size_t output) {
  const ExpectedTensor tensor = oracle().expect(problem).outputs.at(output);
  for (const double bound : tensor.bound) EXPECT_EQ(bound, 0);
  return tensor.value;
}
std::vector<double> codes_of(const Problem& problem) { return expected(problem, 0); }
std::vector<double> scales_of(const Problem& problem) { return expected(problem, 1); }

TEST(FlattenQuantCases, ReachEveryClass) {
  testing_support::ClassesMet classes(model().schema());
  for (const Case& c : drawn(800)) {
    classes.note(c);
    const std::int64_t columns = c.integer("V");
    const std::int64_t group = c.choice("form") == "mxfp4" ? 32 : c.integer("group");
    const std::int64_t heads = c.integer("T") * c.integer("H");
    classes.note(c.integer("T") == 0, "no token");
    classes.note(c.integer("H") == 0, "no head");
    classes.note(columns == 0, "no column");
    classes.note(heads * columns != 0, "an element");
    if (heads * columns == 0) continue;
    classes.note(columns > group && columns % group != 0, "short group");
    classes.note(columns < group && c.integer("H") > 1, "below a group");
    classes.note(columns == 33 || columns == 34, "one past a block");
    classes.note(columns / group > 1, "several groups");
    classes.note(
        columns % group == 0 && columns / group % 2 == 1 && columns > group && c.integer("H") > 1,
        "no power of two");
    classes.note(heads * (columns / group) > 64, "more groups than a block");
    classes.note(c.integer("T") == 1 && c.integer("scales.gap") > 0, "one token");
    classes.note(c.integer("codes.gap") > 0 && c.integer("T") > 1, "codes row over its width");
  }
  classes.expect_all();
}

TEST(FlattenQuantCases, LayoutsAreThePromisedOnes) {
  Case c = case_of(3, 2, 96, "mxfp4");
  c.set("x.order", "HTV").set("codes.gap", 4).set("codes.pad", 2).set("scales.gap", 1);
  const auto layout = [&](const char* operand) {
    return model().materialise(c, "strided").operand(operand).layout;
  };
  EXPECT_EQ(layout("x").stride, (std::vector<std::int64_t>{96, 288, 1}));
  EXPECT_EQ(layout("codes").shape, (std::vector<std::int64_t>{3, 96}));
  EXPECT_EQ(layout("codes").stride, (std::vector<std::int64_t>{100, 1}));
  EXPECT_EQ(layout("codes").storage, 500) << "three rows and two that follow them";
  EXPECT_EQ(layout("scales").shape, (std::vector<std::int64_t>{3, 6}));
  EXPECT_EQ(layout("scales").stride, (std::vector<std::int64_t>{1, 4}));
  c.set("form", "fp8");  // one group of 96
  EXPECT_EQ(layout("scales").stride, (std::vector<std::int64_t>{3, 1}));
  c.set("form", "fp8_transposed").set("V", 192);  // one of 128 and one of 64
  EXPECT_EQ(layout("codes").shape, (std::vector<std::int64_t>{3, 384}));
  EXPECT_EQ(layout("scales").shape, (std::vector<std::int64_t>{3, 4}));
  EXPECT_EQ(layout("scales").stride, (std::vector<std::int64_t>{1, 4}));
}

// What makes the classes worth their names, in every type.
TEST(FlattenQuantValues, ClassesKeepTheirPromise) {
  for (const char* dtype_name : {"f32", "f16", "bf16"}) {
    const DType dtype = *dtype_from_name(dtype_name);
    Shape shape{4, 3, 80, 32, {0, 0.5, 1, 1.5, 2, 3, 4, 6}, 6};
    int halfway = 0;
    const auto ties = bits_of_x(Values::ties, dtype, 5, shape);
    for (std::size_t i = 0; i < ties.size(); ++i) {
      const std::size_t in_group = i % 80 % 32;
      double amax = 0;
      for (std::size_t j = i - in_group; j < i - in_group + 16; ++j) {
        amax = std::max(amax, std::fabs(decode(dtype, ties[j])));
      }
      const double quotient = std::fabs(decode(dtype, ties[i])) / amax * 6;
      EXPECT_LE(quotient, 6);
      for (const double middle : {0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5.0}) {
        halfway += quotient == middle ? 1 : 0;
      }
    }
    EXPECT_GT(halfway, 300) << dtype_name;

    int nans = 0;
    int infinities = 0;
    std::set<std::uint32_t> payloads;
    for (const std::uint32_t bits : bits_of_x(Values::special, dtype, 5, shape)) {
      const double value = decode(dtype, bits);
      if (std::isnan(value)) payloads.insert(bits);
      nans += std::isnan(value) ? 1 : 0;
      infinities += std::isinf(value) ? 1 : 0;
    }
    EXPECT_GT(nans, 5);
    EXPECT_GT(infinities, 20);
    EXPECT_GE(payloads.size(), 4U);
    int zero_tokens = 0;
    const auto sparse = bits_of_x(Values::sparse, dtype, 5, {40, 1, 8, 8, {}, 6});
    for (std::size_t i = 0; i < sparse.size(); i += 8) {
      bool zero = true;
      for (std::size_t j = i; j < i + 8; ++j) zero = zero && decode(dtype, sparse[j]) == 0;
      zero_tokens += zero ? 1 : 0;
    }
    EXPECT_GT(zero_tokens, 5);
    EXPECT_LT(zero_tokens, 30);
  }
}

// Whole groups of one kind, and zeros with one element of it.
TEST(FlattenQuantValues, AloneHasGroupsOfEachKindAndNothingElse) {
  constexpr std::size_t kGroup = 32;
  for (const char* dtype : {"f32", "f16", "bf16"}) {
    std::set<std::string> kinds;
    Case c = case_of(8, 8, 4 * kGroup, "mxfp4");
    const Problem problem =
        model().materialise(c.set("values", "alone").set("dtype", dtype).set("seed", 1), "strided");
    const Operand& x = problem.operand("x");
    const double largest = largest_finite(x.dtype);
    const std::vector<double> values = x.values();
    for (std::size_t first = 0; first < values.size(); first += kGroup) {
      std::map<std::string, std::size_t> found;
      for (std::size_t i = first; i < first + kGroup; ++i) {
        const double size = std::fabs(values[i]);
        const bool tiny = size < 8 * underflow_error(x.dtype);
        ++found[std::isnan(size)   ? "NaN"
                : std::isinf(size) ? (values[i] > 0 ? "+inf" : "-inf")
                : size == largest  ? "largest"
                : size == 0        ? "zero"
                : tiny             ? "subnormal"
                                   : "ordinary"];
      }
      for (const auto& [kind, count] : found) {
        if (count == kGroup) kinds.insert("all " + kind);
        if (count == 1 && found["zero"] == kGroup - 1) kinds.insert("one " + kind);
      }
      EXPECT_EQ(found.count("ordinary"), 0U);
    }
    for (const char* kind : {"NaN", "+inf", "-inf", "largest", "subnormal"}) {
      EXPECT_TRUE(kinds.contains(std::string("all ") + kind)) << kind << ' ' << dtype;
      EXPECT_TRUE(kinds.contains(std::string("one ") + kind)) << kind << ' ' << dtype;
    }
    EXPECT_TRUE(kinds.contains("all zero")) << dtype;
  }
}

TEST(FlattenQuantOracle, Mxfp4ByHand) {
  // amax 6 gives scale 1, byte 127; ties go to the even code; pairs have the even element low.
  const Problem one = problem_of(case_of(1, 1, 6, "mxfp4"), {6, -0.5, 2.5, 3.5, 0.25, -5});
  EXPECT_EQ(scales_of(one), (std::vector<double>{127}));
  EXPECT_EQ(codes_of(one), (std::vector<double>{0x97, 0x64, 0xe0}));

  // amax 7 rounds to 8: byte 128. 2 elements of a second block: amax 1, byte 125, codes of 4 q.
  std::vector<double> values(34, 0.0);
  values[0] = 7;
  values[31] = -1;
  values[32] = 1;
  values[33] = 0.125;
  const Problem two = problem_of(case_of(1, 1, 34, "mxfp4"), values);
  EXPECT_EQ(scales_of(two), (std::vector<double>{128, 125}));
  std::vector<double> codes(17, 0.0);
  codes[0] = 0x06;   // 3.5 goes to 4
  codes[15] = 0x90;  // -0.5
  codes[16] = 0x16;  // 4 and 0.5
  EXPECT_EQ(codes_of(two), codes);
}

// Three heads of 48: two groups each, the second one short. Flat groups would straddle heads.
TEST(FlattenQuantOracle, GroupsEndWithTheirHead) {
  std::vector<double> values(144, 1.0);
  values[47] = 6;   // short group of head 0
  values[48] = 48;  // first group of head 1
  const Problem problem = problem_of(case_of(1, 3, 48, "mxfp4"), values);
  EXPECT_EQ(scales_of(problem), (std::vector<double>{125, 127, 130, 125, 125, 125}));
}

TEST(FlattenQuantOracle, Fp8ByHand) {
  Case c = case_of(2, 1, 4, "fp8");
  c.set("maximum", "448");
  // Scale 2. 464 / 2 = 232 is a tie of 224 and 240: even is 240, code 0x77 is odd and 0x76 is 224.
  const Problem problem = problem_of(c, {896, -2, 464, 0.001953125, 0, 0, 0, 0});
  const std::vector<double> scales = scales_of(problem);
  EXPECT_EQ(scales[0], 2);
  EXPECT_EQ(scales[1], static_cast<double>(1e-10F / 448.0F));
  EXPECT_EQ(codes_of(problem), (std::vector<double>{0x7e, 0xb8, 0x76, 0, 0, 0, 0, 0}));

  c.set("format", "e4m3fnuz").set("maximum", "240");
  const Problem fnuz = problem_of(c, {240, -1, -0.0, -0.0001});
  EXPECT_EQ(scales_of(fnuz)[0], 1);
  EXPECT_EQ(codes_of(fnuz), (std::vector<double>{0x7f, 0xc0, 0, 0, 0, 0, 0, 0}));
}

TEST(FlattenQuantOracle, InfinityAndNan) {
  Case c = case_of(1, 1, 4, "fp8");
  c.set("maximum", "448").set("dtype", "bf16");
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(scales_of(problem_of(c, {1, kInf, -1, 0})), (std::vector<double>{kInf}));
  // Infinity times 0 is NaN, which clamps to the lowest number or stays.
  EXPECT_EQ(codes_of(problem_of(c, {1, kInf, -1, 0})), (std::vector<double>{0, 0xfe, 0x80, 0}));
  c.set("clamp_keeps_nan", 1);
  EXPECT_EQ(codes_of(problem_of(c, {1, kInf, -1, 0})), (std::vector<double>{0, 0x7f, 0x80, 0}));
  EXPECT_EQ(scales_of(problem_of(c, {448, nan, -1, 0})), (std::vector<double>{1}));

  c.set("form", "mxfp4");
  const auto bytes = [&](const char* policy, const std::vector<double>& values) {
    c.set("special_block", policy);
    return scales_of(problem_of(c, values)).front();
  };
  EXPECT_EQ(bytes("launder", {kInf, 1, 0, 0}), 254);
  EXPECT_EQ(bytes("arithmetic", {kInf, 1, 0, 0}), 253);
  EXPECT_EQ(bytes("nan_scale", {kInf, 1, 0, 0}), 255);
  EXPECT_EQ(bytes("launder", {6, nan, 0, 0}), 127);
  EXPECT_EQ(bytes("wrap", {6, nan, 0, 0}), 254);
  EXPECT_EQ(bytes("nan_scale", {6, nan, 0, 0}), 255);
}

// The payload of a 16-bit NaN decides what it becomes: all ones give 2, the canonical one 1.5.
TEST(FlattenQuantOracle, NanPayloads) {
  for (const char* dtype : {"f16", "bf16"}) {
    Case c = case_of(1, 1, 2, "mxfp4");
    c.set("dtype", dtype);
    Problem problem = problem_of(c, {6, 0});
    problem.operands.front().bits[1] = 0x7fff;
    EXPECT_EQ(codes_of(problem), (std::vector<double>{0x47})) << dtype;
    problem.operands.front().bits[1] = dtype[0] == 'b' ? 0xffc0 : 0xfe00;
    EXPECT_EQ(codes_of(problem), (std::vector<double>{0xb7})) << dtype;
  }
}

}  // namespace
}  // namespace mlacheck::flatten_quant
