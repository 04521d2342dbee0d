// strided_bmm: its cases, and its oracle against numbers worked out by hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "harness/compare/compare.hpp"
#include "harness/values/enum_names.hpp"
#include "properties/strided_bmm/model.hpp"
#include "properties/strided_bmm/values.hpp"
#include "reference/strided_bmm/oracle.hpp"
#include "tests/support/classes_met.hpp"
#include "tests/support/dense_operand.hpp"
#include "tests/support/drawn_cases.hpp"
#include "tests/support/placed_call.hpp"

namespace mlacheck::strided_bmm {
namespace {

using testing_support::cpu_subjects;
using testing_support::dense_operand;
using testing_support::drawn_cases;
using testing_support::PlacedCall;

constexpr double kInf = std::numeric_limits<double>::infinity();
/// A zero of either sign.
constexpr double kEitherZero = std::numeric_limits<double>::denorm_min();
const double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<Case> drawn(int count) { return drawn_cases(model(), count); }

Problem problem_of(const Sizes& s, DType dtype, const std::vector<double>& x,
                   const std::vector<double>& w, bool tensor_core = false) {
  Problem problem;
  problem.operands = {
      dense_operand("x", dtype, Access::input, {s.tokens, s.heads, s.latent}, x),
      dense_operand("w", dtype, Access::input, {s.heads, s.latent, s.columns}, w),
      dense_operand("out", dtype, Access::output, {s.tokens, s.heads, s.columns}, {})};
  problem.numerics.truncating_products = tensor_core;
  return problem;
}

ExpectedTensor expected(const Problem& problem) { return oracle().expect(problem).outputs.at(0); }

TEST(StridedBmmCases, ReachEveryClass) {
  testing_support::ClassesMet classes(model().schema());
  for (const Case& c : drawn(600)) {
    classes.note(c);
    classes.note(c.integer("T") == 0, "no row");
    classes.note(c.integer("H") == 0, "no head");
    classes.note(c.integer("V") == 0, "no column");
    classes.note(c.integer("latent") == 0 && c.integer("T") * c.integer("H") * c.integer("V") > 0,
                 "no term");
    classes.note(c.integer("T") == 17, "one row past a tile");
    classes.note(c.integer("V") == 65, "one column past a tile");
    classes.note(c.integer("latent") == 33, "one term past a slab");
    classes.note(c.integer("latent") == 512, "a real latent width");
    classes.note(c.integer("H") % 2 == 1 && c.integer("H") > 1, "odd heads");
    classes.note(c.integer("out.offset") % 4 != 0, "misaligned output");
    classes.note(c.integer("out.outer_gap") > 0 && c.integer("T") > 1, "row stride over H * V");
  }
  classes.expect_all();
}

TEST(StridedBmmCases, LayoutsAreTheModels) {
  // DeepSeek-V3 with layout A, whose weights begin at element 65536.
  Case c(model().schema());
  c.set("T", 2).set("H", 3).set("latent", 512).set("V", 128).set("w.order", "HVL");
  c.set("w.outer_gap", 65536).set("w.offset", 65536).set("out.outer_gap", 64).set("out.pad", 3);
  c.set("x.outer_gap", 125 * 512);
  const Problem problem = model().materialise(c, "strided");
  const Layout& w = problem.operand("w").layout;
  EXPECT_EQ(w.stride, (std::vector<std::int64_t>{131072, 1, 512}));
  EXPECT_EQ(w.offset, 65536);
  EXPECT_EQ(problem.operand("x").layout.stride, (std::vector<std::int64_t>{65536, 512, 1}));
  const Layout& out = problem.operand("out").layout;
  EXPECT_EQ(out.stride, (std::vector<std::int64_t>{448, 128, 1}));
  EXPECT_EQ(out.storage, 5 * 448) << "two rows and three that pad the buffer";

  c.set("H", 128).set("latent", 4).set("w.order", "LHV");
  c.set("w.outer_gap", 0).set("w.gap", 128).set("w.offset", 128);
  const Problem interleaved = model().materialise(c, "strided");
  EXPECT_EQ(interleaved.operand("w").layout.stride, (std::vector<std::int64_t>{256, 32768, 1}));
  EXPECT_EQ(interleaved.operand("w").layout.offset, 128);
}

TEST(StridedBmmValues, ClassesKeepTheirPromise) {
  const Sizes sizes{3, 2, 5, 4};
  const auto decoded = [](DType dtype, const std::vector<std::uint32_t>& bits) {
    std::vector<double> values;
    for (const std::uint32_t b : bits) values.push_back(decode(dtype, b));
    return values;
  };
  for (const DType dtype : {DType::f32, DType::f16, DType::bf16}) {
    for (const Values values : EnumNames<Values>::values()) {
      const auto x = decoded(dtype, bits_of_x(values, dtype, 9, sizes));
      const auto w = decoded(dtype, bits_of_w(values, dtype, 9, sizes));
      ASSERT_EQ(x.size(), 30U);
      ASSERT_EQ(w.size(), 40U);
      if (!exact_sums(values)) continue;
      const ExpectedTensor sums = expected(problem_of(sizes, dtype, x, w));
      for (const double bound : sums.bound)
        EXPECT_LE(bound, kEitherZero) << EnumNames<Values>::of(values);
    }
  }
  // out[t, h, v] = x[t, h, v mod L], and w[h, (t + h) mod L, v].
  const auto element = [&](Values values, std::size_t at) {
    return expected(problem_of(sizes, DType::f32,
                               decoded(DType::f32, bits_of_x(values, DType::f32, 9, sizes)),
                               decoded(DType::f32, bits_of_w(values, DType::f32, 9, sizes))))
        .value[at];
  };
  EXPECT_EQ(element(Values::x_positions, (2 * 2 + 1) * 4 + 3), (2 * 2 + 1) * 5 + 3 - 125);
  EXPECT_EQ(element(Values::w_positions, (2 * 2 + 1) * 4 + 3), (1 * 5 + 3) * 4 + 3 - 125);
}

// Infinities of one sign that stay what they are, sums of the largest numbers that are finite.
TEST(StridedBmmValues, AloneReachesEveryEndOfTheType) {
  for (const char* dtype : {"f32", "f16", "bf16"}) {
    Case c(model().schema());
    c.set("T", 16).set("H", 4).set("latent", 9).set("V", 8).set("values", "alone");
    const Problem problem = model().materialise(c.set("dtype", dtype).set("seed", 1), "strided");
    const ExpectedTensor out = expected(problem);
    const double largest = largest_finite(problem.operand("out").dtype);
    const auto count = [&](const auto& holds) { return std::ranges::count_if(out.value, holds); };
    EXPECT_GT(count([](double v) { return v == kInf; }), 0) << dtype;
    EXPECT_GT(count([](double v) { return v == -kInf; }), 0) << dtype;
    EXPECT_GT(count([](double v) { return std::isnan(v); }), 0) << dtype;
    EXPECT_GT(count([&](double v) { return std::fabs(v) == largest; }), 0) << dtype;
    EXPECT_GT(
        count([&](double v) { return std::fabs(v) > largest / 64 && std::fabs(v) < largest; }), 0)
        << dtype;
    EXPECT_EQ(count([&](double v) { return std::fabs(v) > largest && std::isfinite(v); }), 0);
  }
}

TEST(StridedBmmOracle, HandComputedValues) {
  const Problem problem = problem_of({1, 2, 3, 2}, DType::bf16, {1, 2, 3, -1, 0, 2},
                                     {1, 0, 2, -1, 0, 4,  //
                                      3, 5, 7, 7, -2, 1});
  const ExpectedTensor out = expected(problem);
  EXPECT_EQ(out.value, (std::vector<double>{5, 10, -7, -3}));
  EXPECT_EQ(out.bound, (std::vector<double>{0, 0, 0, 0}));
}

TEST(StridedBmmOracle, SpecialValues) {
  // Rows of x against a column of (1, 1) and one of (0, 1).
  const Problem problem =
      problem_of({6, 1, 2, 2}, DType::f32,
                 {kInf, 1, 1, -kInf, kInf, -kInf, kNan, 0, -0.0, -0.0, 3, 4}, {1, 0, 1, 1});
  const ExpectedTensor out = expected(problem);
  EXPECT_EQ(out.value[0], kInf);
  EXPECT_TRUE(std::isnan(out.value[1])) << "infinity times zero";
  EXPECT_EQ(out.value[2], -kInf);
  EXPECT_EQ(out.value[3], -kInf);
  EXPECT_TRUE(std::isnan(out.value[4])) << "infinities of both signs";
  EXPECT_TRUE(std::isnan(out.value[6]));
  EXPECT_EQ(out.value[10], 7) << "no row reaches another";
  EXPECT_EQ(out.bound[10], 0);
}

// The sign of a zero is free only where no term has another sign.
TEST(StridedBmmOracle, SignsOfZero) {
  const Problem problem =
      problem_of({4, 1, 2, 1}, DType::bf16, {-0.0, -0.0, 0.0, -0.0, 3, -3, 0, 0}, {1, 1});
  const Operand& out = problem.operand("out");
  const auto failures = [&](const std::vector<std::uint32_t>& got) {
    return compare_with_oracle(out, expected(problem), got).failures;
  };
  constexpr std::uint32_t kMinus = 0x8000;
  EXPECT_EQ(failures({0, 0, 0, 0}), 0);
  EXPECT_EQ(failures({kMinus, 0, 0, 0}), 0);
  EXPECT_EQ(failures({1, 0, 0, 0}), 1) << "the smallest number that is not zero";
  EXPECT_EQ(failures({0, kMinus, kMinus, kMinus}), 3);
}

TEST(StridedBmmOracle, NothingToAddUpIsPlusZero) {
  const ExpectedTensor out = expected(problem_of({2, 1, 0, 2}, DType::bf16, {}, {}));
  for (const double value : out.value) {
    EXPECT_EQ(value, 0);
    EXPECT_FALSE(std::signbit(value));
  }
  EXPECT_EQ(out.bound, (std::vector<double>{0, 0, 0, 0}));
}

// Bounds worked out by hand for 16 terms of 1/2, which are no integers: s = 8, sum |p| = 8,
// sum p^2 = 4.
TEST(StridedBmmOracle, BoundsFollowTheirFormulas) {
  constexpr double u = 0x1.0p-24;
  const std::vector<double> halves(16, 0.5);
  const std::vector<double> ones(16, 1);
  const double worst = 16 * u / (1 - 16 * u) * 8;
  EXPECT_NEAR(expected(problem_of({1, 1, 16, 1}, DType::f32, halves, ones)).bound[0], worst,
              1e-9 * worst)
      << "the worst case caps the probabilistic form of 8.5 u sqrt(17 * 4 + 16 * 64)";
  const double rounded = worst + 0x1.0p-8 * (8 + worst);
  EXPECT_NEAR(expected(problem_of({1, 1, 16, 1}, DType::bf16, halves, ones)).bound[0], rounded,
              1e-9 * rounded);

  // 4096 terms of +1/2 and -1/2: s = 0, sum |p| = 2048, sum p^2 = 1024.
  std::vector<double> signs(4096, 0.5);
  for (std::size_t i = 0; i < signs.size(); i += 2) signs[i] = -0.5;
  const std::vector<double> many(4096, 1);
  const double likely = 8.5 * u * std::sqrt(4097.0 * 1024);
  EXPECT_NEAR(expected(problem_of({1, 1, 4096, 1}, DType::f32, signs, many)).bound[0], likely,
              1e-9 * likely);
  // 256 steps of 2^-21 + 2^-23 times 3 sqrt(1024), and the rounding of the result.
  const double linear = 256 * (0x1.0p-21 + 0x1.0p-23) * 96;
  const double stored = linear * (1 + 0x1.0p-11) + underflow_error(DType::f16);
  EXPECT_NEAR(expected(problem_of({1, 1, 4096, 1}, DType::f16, signs, many, true)).bound[0], stored,
              1e-9 * stored);
  EXPECT_GT(linear, 4 * likely) << "truncation is biased";
}

TEST(StridedBmmOracle, IntegersAreExactUpToTheAccumulatorsDigits) {
  const auto bound = [](double x) {
    return expected(problem_of({1, 1, 1, 1}, DType::f32, {x}, {4096})).bound[0];
  };
  EXPECT_EQ(bound(4096), 0) << "2^24 itself has one digit";
  EXPECT_GT(bound(4097), 0);
}

// A second reference: long double, one element at a time, in descending order.
TEST(StridedBmmOracle, AgreesWithASecondReference) {
  int compared = 0;
  for (const Case& c : drawn(120)) {
    const Problem problem = model().materialise(c, "strided");
    const std::vector<double> x = problem.operand("x").values();
    const std::vector<double> w = problem.operand("w").values();
    const ExpectedTensor out = expected(problem);
    const auto heads = static_cast<std::size_t>(c.integer("H"));
    const auto latent = static_cast<std::size_t>(c.integer("latent"));
    const auto columns = static_cast<std::size_t>(c.integer("V"));
    for (std::size_t at = 0; at < out.value.size(); ++at) {
      const std::size_t column = at % columns;
      const std::size_t head = at / columns % heads;
      const std::size_t row = at / columns / heads;
      long double sum = 0;
      long double magnitude = 0;
      for (std::size_t l = latent; l-- > 0;) {
        const long double product = static_cast<long double>(x[(row * heads + head) * latent + l]) *
                                    w[(head * latent + l) * columns + column];
        sum += product;
        magnitude += std::fabs(product);
      }
      const auto second = static_cast<double>(sum);
      if (!std::isfinite(second)) {
        const bool same = std::isnan(second) ? std::isnan(out.value[at]) : second == out.value[at];
        EXPECT_TRUE(same) << c.line();
      } else {
        const double slack = 0x1.0p-42 * static_cast<double>(magnitude) + kEitherZero;
        EXPECT_LE(std::fabs(second - out.value[at]), slack) << c.line();
      }
      ++compared;
    }
  }
  EXPECT_GT(compared, 10000);
}

// Variants against exact sums that need their fp32 accumulator, and around the overflow of fp16.
TEST(StridedBmmHost, RoundsExactSumsOnce) {
  struct Vector {
    DType dtype;
    std::vector<double> x;
    std::vector<double> w;
    double result;
  };
  const std::vector<Vector> vectors{
      {DType::bf16, {1, 1}, {256, 1}, 256},  // 257 lies between 256 and 258
      {DType::bf16, {1, 1}, {256, 3}, 260},  // 259 lies between 258 and 260
      {DType::f16, {1, 1}, {65504, 15}, 65504},
      {DType::f16, {1, 1}, {65504, 16}, kInf},  // 65520 is halfway to 2^16
      {DType::f16, {-1, -1}, {65504, 16}, -kInf},
      // 300 ones: an accumulator of bf16 would stop at 256.
      {DType::bf16, std::vector<double>(300, 1), std::vector<double>(300, 1), 300},
  };
  for (const char* backend : {"cpu.w32", "cpu.w64"}) {
    for (const Subject& subject : cpu_subjects("strided_bmm", backend).subjects) {
      for (const Vector& v : vectors) {
        const auto latent = static_cast<std::int64_t>(v.x.size());
        const Problem problem = problem_of({1, 1, latent, 1}, v.dtype, v.x, v.w);
        PlacedCall placed(problem);
        PlainContext context;
        ASSERT_TRUE(subject.run(placed.call(), context).ok());
        EXPECT_EQ(placed.read("out"), std::vector<double>{v.result}) << subject.variant;
        const Comparison comparison = compare_with_oracle(problem.operand("out"), expected(problem),
                                                          {encode(v.dtype, placed.read("out")[0])});
        EXPECT_EQ(comparison.failures, 0) << comparison.report;
        EXPECT_EQ(comparison.exact, 1);
      }
    }
  }
}

}  // namespace
}  // namespace mlacheck::strided_bmm
