// quantized_bmm: its cases, and its oracle against numbers worked out by hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "properties/quantized_bmm/model.hpp"
#include "properties/quantized_bmm/values.hpp"
#include "reference/quantized_bmm/oracle.hpp"
#include "tests/support/classes_met.hpp"
#include "tests/support/drawn_cases.hpp"
#include "tests/support/placed_call.hpp"

namespace mlacheck::quantized_bmm {
namespace {

using testing_support::cpu_subjects;
using testing_support::drawn_cases;
using testing_support::PlacedCall;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr std::size_t kBlock = 32;

std::vector<Case> drawn(int count) { return drawn_cases(model(), count); }

ExpectedTensor expected(const Problem& problem) { return oracle().expect(problem).outputs.at(0); }

Operand operand_of(const std::string& name, DType dtype, std::vector<std::int64_t> shape) {
  Operand operand;
  operand.name = name;
  operand.dtype = dtype;
  operand.layout = Layout::dense(std::move(shape));
  return operand;
}

// One token, one head, one column: x in bf16 and w as codes, both padded with zeros to blocks.
Problem dot(std::vector<double> x, std::vector<std::uint32_t> codes,
            std::vector<std::uint32_t> scales, DType output = DType::f32) {
  const std::size_t depth = scales.size() * kBlock;
  x.resize(depth);
  codes.resize(depth);
  const auto k = static_cast<std::int64_t>(depth);
  Operand activations = operand_of("x", DType::bf16, {1, 1, k});
  for (const double value : x) activations.bits.push_back(encode(DType::bf16, value));
  Operand w = operand_of("w", DType::u8, {1, 1, k / 2});
  for (std::size_t i = 0; i < depth; i += 2) w.bits.push_back(codes[i] + 16 * codes[i + 1]);
  Operand w_scales = operand_of("w_scales", DType::u8, {1, 1, k / 32});
  w_scales.bits = std::move(scales);
  Operand out = operand_of("out", output, {1, 1, 1});
  out.access = Access::output;
  Problem problem;
  problem.operands = {std::move(activations), std::move(w), std::move(w_scales), std::move(out)};
  problem.integers = {{"form", 0}, {"splits", 1}, {"format", 0}, {"maximum", 448}};
  return problem;
}

TEST(QuantizedBmmCases, ReachEveryClass) {
  testing_support::ClassesMet classes(model().schema());
  for (const Case& c : drawn(1200)) {
    classes.note(c);
    const std::int64_t splits = c.integer("splits");
    classes.note(c.integer("T") == 0, "no token");
    classes.note(c.integer("H") == 0, "no head");
    classes.note(c.integer("V") == 0, "no column");
    classes.note(c.integer("blocks") == 0 && c.integer("T") * c.integer("H") * c.integer("V") > 0,
                 "no term");
    classes.note(c.integer("T") == 17, "one token past a tile");
    classes.note(c.integer("V") == 65, "one column past a tile");
    classes.note(c.integer("blocks") > 1 && c.integer("blocks") % 2 == 1, "K past a slab");
    classes.note(splits > c.integer("blocks"), "a split without blocks");
    classes.note(splits > 1 && splits == c.integer("blocks"), "a whole split for each block");
  }
  classes.expect_all();
}

// These classes are made to be compared bit by bit; `wide` is made to need a tolerance.
TEST(QuantizedBmmValues, ClassesKeepTheirPromise) {
  for (const char* form : {"a16wfp4", "afp4wfp4"}) {
    for (const char* values :
         {"grid", "x_one_hot", "w_one_hot", "ties", "boundaries", "zero_rows", "wide"}) {
      Case c(model().schema());
      c.set("form", form).set("values", values).set("seed", 7);
      c.set("T", 4).set("H", 3).set("V", 9).set("blocks", 16);
      const ExpectedTensor out = expected(model().materialise(c, "strided"));
      int inexact = 0;
      for (const double bound : out.bound) inexact += bound > 0x1p-1000 ? 1 : 0;
      if (std::string_view(values) == "wide") {
        EXPECT_GT(inexact, 50) << form;
      } else {
        EXPECT_EQ(inexact, 0) << form << values;
      }
    }
  }
}

// The same of FP8, whose `normal` needs a tolerance.
TEST(QuantizedBmmValues, Fp8ClassesKeepTheirPromise) {
  for (const std::string format : {"e4m3fn", "e4m3fnuz"}) {
    for (const char* values :
         {"grid", "x_one_hot", "w_one_hot", "ties", "zero_rows", "tiny", "normal"}) {
      Case c(model().schema());
      c.set("form", "fp8").set("values", values).set("seed", 7).set("format", format);
      c.set("maximum", format == "e4m3fnuz" ? "240" : "448");
      c.set("T", 4).set("H", 3).set("V", 9).set("blocks", 9).set("tail", 5);
      const ExpectedTensor out = expected(model().materialise(c, "strided"));
      const auto inexact =
          std::count_if(out.bound.begin(), out.bound.end(), [](double bound) { return bound > 0; });
      if (std::string_view(values) == "normal") {
        EXPECT_GT(inexact, 50);
      } else {
        EXPECT_EQ(inexact, 0) << values;
      }
    }
  }
}

// One token, one head, one column of form 2.
Problem fp8_dot(const std::vector<double>& x, const std::vector<std::uint32_t>& codes,
                double w_scale, std::optional<double> bias, DType output = DType::f32) {
  const auto k = static_cast<std::int64_t>(x.size());
  Operand activations = operand_of("x", DType::bf16, {1, 1, k});
  for (const double value : x) activations.bits.push_back(encode(DType::bf16, value));
  Operand w = operand_of("w", DType::u8, {1, 1, k});
  w.bits = codes;
  Operand scale = operand_of("w_scale", DType::f32, {1});
  scale.bits = {encode(DType::f32, w_scale)};
  Operand out = operand_of("out", output, {1, 1, 1});
  out.access = Access::output;
  Problem problem;
  problem.operands = {std::move(activations), std::move(w), std::move(scale), std::move(out)};
  if (bias.has_value()) {
    Operand biases = operand_of("bias", DType::bf16, {1, 1});
    biases.bits = {encode(DType::bf16, *bias)};
    problem.operands.push_back(std::move(biases));
  }
  problem.integers = {{"form", 2}, {"splits", 1}, {"format", 0}, {"maximum", 448}};
  return problem;
}

TEST(QuantizedBmmOracle, Fp8HandComputedValues) {
  // E4M3FN: 0x38 is 1, 0x40 is 2. 448 makes the scale 1; 17 is midway between 16 and 18.
  EXPECT_EQ(expected(fp8_dot({448, 17}, {0x38, 0x40}, 0.5, {})).value[0], (448 + 2 * 16) * 0.5);
  EXPECT_EQ(expected(fp8_dot({448, 19}, {0x38, 0x40}, 0.5, {})).value[0], (448 + 2 * 20) * 0.5);
  // The bias is added to the sum's bf16: 480.75 * 0.5 = 240.375 rounds to 240.
  const Problem late = fp8_dot({448, 16, 0.75}, {0x38, 0x40, 0x38}, 0.5, 0.25);
  EXPECT_EQ(expected(late).value[0], 240) << "240.375 + 0.25 would be 241";
  // A new group has a scale of its own.
  std::vector<double> two(129);
  std::vector<std::uint32_t> codes(129, 0x38);
  two[0] = 448;
  two[128] = 0x1.cp-10;  // 448 * 2^-18
  EXPECT_EQ(expected(fp8_dot(two, codes, 1, {})).value[0], 448 + 0x1.cp-10);
  // A group of zeros, and one of infinity: the scale is infinite, the code -448 of a NaN.
  EXPECT_EQ(expected(fp8_dot({0, -0.0}, {0x38, 0x38}, 1, {})).value[0], 0);
  EXPECT_EQ(expected(fp8_dot({kInf, 1}, {0x38, 0x38}, 1, {})).value[0], -kInf);
  EXPECT_TRUE(std::isnan(expected(fp8_dot({1, 1}, {0x38, 0x7f}, 1, {})).value[0]));
}

// Two products of 448 * 448 and the smallest one, 2^-18, need 36 digits.
TEST(QuantizedBmmOracle, Fp8BoundFollowsItsFormula) {
  const Problem problem = fp8_dot({448, 448, 0x1p-9}, {0x7e, 0x7e, 1}, 1, {});
  const double magnitude = 2 * 448 * 448 + 0x1p-18;
  const double nu = 2 * 0x1p-24;
  const double bound = (nu / (1 - nu) + 3 * 0x1p-24) * magnitude;
  EXPECT_NEAR(expected(problem).bound[0], bound, 1e-9 * bound);
}

// Groups of x of one kind, for every way in which x may come.
TEST(QuantizedBmmValues, AloneHasGroupsOfEachKindAndNothingElse) {
  for (const char* form : {"a16wfp4", "fp8"}) {
    const std::size_t group = form == std::string_view("fp8") ? 128 : kBlock;
    Case c(model().schema());
    c.set("form", form).set("T", 16).set("H", 4).set("blocks", 16).set("values", "alone");
    const Problem problem = model().materialise(c.set("seed", 1), "strided");
    const std::vector<double> x = problem.operand("x").values();
    int nans = 0;
    int infinities = 0;
    int largest = 0;
    int zeros = 0;
    for (std::size_t first = 0; first < x.size(); first += group) {
      const auto begin = x.begin() + static_cast<std::ptrdiff_t>(first);
      const auto all = [&](const auto& holds) {
        return std::all_of(begin, begin + static_cast<std::ptrdiff_t>(group), holds) ? 1 : 0;
      };
      nans += all([](double v) { return std::isnan(v); });
      infinities += all([](double v) { return std::isinf(v); });
      largest += all([](double v) { return std::fabs(v) == largest_finite(DType::bf16); });
      zeros += all([](double v) { return v == 0; });
    }
    for (const int count : {nans, infinities, largest, zeros}) EXPECT_GT(count, 0) << form;
  }
}

TEST(QuantizedBmmValues, WeightScalesReachTheEdgesOfFloat) {
  const auto scale = [](WeightScale size) {
    return decode(DType::f32, fp8_w_scale(Values::normal, size, 3));
  };
  EXPECT_GT(scale(WeightScale::ordinary), 0);
  EXPECT_EQ(scale(WeightScale::negative), -scale(WeightScale::ordinary));
  EXPECT_EQ(scale(WeightScale::zero), 0);
  EXPECT_GT(scale(WeightScale::subnormal), 0);
  EXPECT_LT(scale(WeightScale::subnormal), 0x1p-126);
  EXPECT_EQ(scale(WeightScale::smallest), 0x1p-126);
  EXPECT_EQ(scale(WeightScale::largest), largest_finite(DType::f32));
}

// Sums past fp32's range before a small scale: infinite, since the groups' order is fixed.
TEST(QuantizedBmmOracle, Fp8SumsThatOverflowStayInfinite) {
  Case c(model().schema());
  c.set("form", "fp8").set("blocks", 4).set("values", "grid");
  Problem problem = model().materialise(c, "strided");
  for (Operand& operand : problem.operands) {
    if (operand.name == "x") {
      operand.bits.assign(operand.bits.size(), encode(DType::bf16, largest_finite(DType::bf16)));
    }
    if (operand.name == "w") operand.bits.assign(operand.bits.size(), 0x39);  // 1.125
    if (operand.name == "w_scale") operand.bits = {encode(DType::f32, 0x1p-20)};
  }
  const ExpectedTensor out = expected(problem);
  EXPECT_EQ(out.value[0], kInf);
  EXPECT_EQ(out.bound[0], 0);
}

TEST(QuantizedBmmValues, OneHotProbesSelectTheElementTheyName) {
  for (const char* values : {"x_one_hot", "w_one_hot"}) {
    Case c(model().schema());
    c.set("values", values).set("T", 4).set("H", 3).set("V", 5).set("blocks", 3);
    const Problem problem = model().materialise(c, "strided");
    const std::vector<double> x = activations(problem);
    const std::vector<double> w = weights(problem);
    const ExpectedTensor out = expected(problem);
    for (std::size_t t = 0; t < 4; ++t) {
      for (std::size_t h = 0; h < 3; ++h) {
        for (std::size_t v = 0; v < 5; ++v) {
          const std::size_t k = h + (std::string_view(values) == "x_one_hot" ? t : v);
          const double product = x[(t * 3 + h) * 96 + k] * w[(h * 5 + v) * 96 + k];
          EXPECT_EQ(out.value[(t * 3 + h) * 5 + v], product) << values;
        }
      }
    }
  }
}

TEST(QuantizedBmmOracle, HandComputedValues) {
  // The largest element 6 has scale 1. Ties go to even codes: 0.25 to 0, 1.25 to 1, 2.5 to 2, 5 to
  // 4, and 0.75 to 1, 1.75 to 2, 3.5 to 4. All weights are 1 but the first, -6 times 2.
  const Problem problem =
      dot({6, 0.25, 1.25, 2.5, 5, 0.75, 1.75, 3.5}, {15, 2, 2, 2, 2, 2, 2, 2}, {128});
  EXPECT_EQ(expected(problem).value[0], 6 * -12 + 2 * (0 + 1 + 2 + 4 + 1 + 2 + 4));
  EXPECT_EQ(expected(problem).bound[0], 0);
  // 1.75 times a power of two moves the scale up, and is code 6 of twice the scale; the next bf16
  // number below does not, and saturates at code 7.
  EXPECT_EQ(expected(dot({7}, {2}, {127})).value[0], 8);
  EXPECT_EQ(expected(dot({6.96875}, {2}, {127})).value[0], 6);
  // The second block has a scale of its own.
  std::vector<double> two(33);
  two[0] = 4;
  two[32] = 0x1p-9;
  std::vector<std::uint32_t> ones(33, 2);
  EXPECT_EQ(expected(dot(two, ones, {127, 129})).value[0], 4 + 0x1p-7);
}

TEST(QuantizedBmmOracle, SpecialValues) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  // Infinity and whatever rounds past fp32 is infinite; everything else in that block is 0.
  EXPECT_EQ(expected(dot({kInf, 3}, {2, 2}, {127})).value[0], kInf);
  EXPECT_EQ(expected(dot({-largest_finite(DType::bf16), 3}, {2, 2}, {127})).value[0], -kInf);
  EXPECT_TRUE(std::isnan(expected(dot({kInf}, {0}, {127})).value[0])) << "infinity times zero";
  EXPECT_TRUE(std::isnan(expected(dot({kInf, -kInf}, {2, 2}, {127})).value[0]));
  // A NaN element is laundered: 1.5 times the scale of the others.
  EXPECT_EQ(expected(dot({nan, 4}, {2, 2}, {127})).value[0], 1.5 + 4);
  // A NaN scale reaches everything, zero codes included.
  EXPECT_TRUE(std::isnan(expected(dot({0, 1}, {0, 0}, {255})).value[0]));
  // The smallest scale is 2^-127, which is no zero.
  EXPECT_EQ(expected(dot({4}, {2}, {0})).value[0], 0x1p-125);
}

TEST(QuantizedBmmOracle, NothingToAddUpIsPlusZero) {
  Case c(model().schema());
  c.set("T", 2).set("V", 2).set("blocks", 0).set("splits", 3);
  const ExpectedTensor out = expected(model().materialise(c, "strided"));
  for (const double value : out.value) EXPECT_FALSE(value != 0 || std::signbit(value));
  EXPECT_EQ(out.bound, (std::vector<double>(4, 0)));
}

// One term of 1 and one of 2^-d: a sum of 1 + 2^-d units fits 24 digits up to d = 23.
TEST(QuantizedBmmOracle, CertificateEndsAtTheAccumulatorsDigits) {
  const auto sum = [](int d, bool truncating = false) {
    std::vector<double> x(33);
    std::vector<std::uint32_t> codes(33);
    x[0] = x[32] = 1;
    codes[0] = codes[32] = 2;
    Problem problem = dot(x, codes, {127, static_cast<std::uint32_t>(127 - d)});
    problem.numerics.truncating_products = truncating;
    return expected(problem).bound[0];
  };
  EXPECT_EQ(sum(23), 0);
  EXPECT_EQ(sum(23, true), 0);
  // gamma_63 of the sum 1 + 2^-24, and the underflow of 64 products.
  const double nu = 63 * 0x1p-24;
  const double worst = nu / (1 - nu) * (1 + 0x1p-24) + 64 * 0x1p-150;
  const double likely = 8.5 * 0x1p-24 * std::sqrt(64 * (1 + 0x1p-48 + std::pow(1 + 0x1p-24, 2)));
  EXPECT_NEAR(sum(24), std::min(worst, likely), 1e-9 * worst);
  EXPECT_NEAR(sum(24, true), std::max(std::min(worst, likely), 4 * (16 * 0x1p-25 + 0x1p-23)),
              1e-6 * worst);
}

// A second reference: long double, one element at a time, codes and scales by table.
TEST(QuantizedBmmOracle, AgreesWithASecondReference) {
  static constexpr double kValues[8] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
  int compared = 0;
  for (const Case& c : drawn(450)) {
    if (c.choice("form") != "afp4wfp4" || c.choice("values") == "special") continue;
    const Problem problem = model().materialise(c, "strided");
    const ExpectedTensor out = expected(problem);
    const auto element = [&](const std::string& name, std::size_t row, std::size_t k,
                             std::size_t depth) {
      const std::uint32_t pair = problem.operand(name).bits[(row * depth + k) / 2];
      const std::uint32_t code = k % 2 == 0 ? pair & 15U : pair >> 4;
      const auto scale =
          static_cast<int>(problem.operand(name + "_scales").bits[(row * depth + k) / 32]);
      // Past the range of fp32 operands are infinite, and the last byte is NaN.
      const auto operand = static_cast<float>(std::ldexp(kValues[code & 7U], scale - 127));
      const long double magnitude =
          scale == 255 ? std::numeric_limits<float>::quiet_NaN() : operand;
      return (code & 8U) != 0 ? -magnitude : magnitude;
    };
    const auto heads = static_cast<std::size_t>(c.integer("H"));
    const auto columns = static_cast<std::size_t>(c.integer("V"));
    const auto depth = static_cast<std::size_t>(32 * c.integer("blocks"));
    for (std::size_t at = 0; at < out.value.size(); ++at) {
      const std::size_t line = at / columns;
      long double sum = 0;
      long double magnitude = 0;
      for (std::size_t k = depth; k-- > 0;) {
        const long double product = element("x", line, k, depth) *
                                    element("w", line % heads * columns + at % columns, k, depth);
        sum += product;
        magnitude += std::fabs(product);
      }
      if (std::isnan(sum) || std::isinf(sum)) {
        if (std::isnan(sum)) {
          EXPECT_TRUE(std::isnan(out.value[at])) << c.line();
        } else {
          EXPECT_EQ(static_cast<double>(sum), out.value[at]) << c.line();
        }
        continue;
      }
      const double slack = 0x1.0p-42 * static_cast<double>(magnitude) + 0x1p-1074;
      EXPECT_LE(std::fabs(static_cast<double>(sum) - out.value[at]), slack) << c.line();
      ++compared;
    }
  }
  EXPECT_GT(compared, 10000);
}

// Splits and forms may not matter where sums are exact.
TEST(QuantizedBmmHost, ExactSumsDoNotDependOnSplits) {
  for (const char* backend : {"cpu.w32", "cpu.w64"}) {
    for (const Subject& subject : cpu_subjects("quantized_bmm", backend).subjects) {
      std::vector<double> first;
      for (const std::int64_t splits : {1, 2, 3, 5, 9}) {
        Case c(model().schema());
        c.set("T", 3).set("H", 2).set("V", 7).set("blocks", 5).set("values", "ties");
        PlacedCall placed(model().materialise(c.set("splits", splits), subject.variant));
        PlainContext context;
        ASSERT_TRUE(subject.run(placed.call(), context).ok());
        if (splits == 1) first = placed.read("out");
        EXPECT_EQ(placed.read("out"), first) << subject.variant << splits;
      }
    }
  }
}

}  // namespace
}  // namespace mlacheck::quantized_bmm
