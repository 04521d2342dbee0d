// The comparators against planted mismatches.
#include "harness/compare/compare.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace mlacheck {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
const double kNan = std::numeric_limits<double>::quiet_NaN();

Operand output(DType dtype, std::vector<std::int64_t> shape) {
  Operand operand;
  operand.name = "out";
  operand.dtype = dtype;
  operand.access = Access::output;
  operand.layout = Layout::dense(std::move(shape));
  return operand;
}

// One element of type f32 unless said otherwise.
bool passes(double value, double bound, double got, DType dtype = DType::f32) {
  const Operand operand = output(dtype, {1});
  return compare_with_oracle(operand, {"out", {value}, {bound}}, {encode(dtype, got)}).failures ==
         0;
}

TEST(Compare, BoundIsInclusiveAndTwoSided) {
  EXPECT_TRUE(passes(1.0, 0.25, 1.25));
  EXPECT_TRUE(passes(1.0, 0.25, 0.75));
  EXPECT_FALSE(passes(1.0, 0.25, 1.2500001));
  EXPECT_FALSE(passes(1.0, 0.25, 0.7499999));
}

TEST(Compare, NanNeverPassesWhereANumberIsExpected) {
  EXPECT_FALSE(passes(1.0, 1e30, kNan));
  EXPECT_FALSE(passes(0.0, 1e30, kNan));
  EXPECT_TRUE(passes(kNan, 0.0, kNan));
  EXPECT_FALSE(passes(kNan, 0.0, 0.0));
  EXPECT_FALSE(passes(1.0, kNan, 1.0)) << "a NaN bound must not pass anything";
}

TEST(Compare, InfinitiesNeedTheirSign) {
  EXPECT_TRUE(passes(-kInf, 0.0, -kInf));
  EXPECT_FALSE(passes(-kInf, 0.0, kInf));
  EXPECT_FALSE(passes(-kInf, 1.0, -1e38));
  EXPECT_FALSE(passes(1.0, 1.0, kInf));
}

TEST(Compare, SignOfAnExactZeroCounts) {
  EXPECT_TRUE(passes(0.0, 0.0, 0.0));
  EXPECT_FALSE(passes(0.0, 0.0, -0.0));
  EXPECT_FALSE(passes(-0.0, 0.0, 0.0));
  EXPECT_TRUE(passes(0.0, 1.0, -0.0)) << "an inexact zero may come from either side";
}

TEST(Compare, ASubjectMayLeaveTheSignOfAnExactZeroOpen) {
  Operand operand = output(DType::f32, {1});
  operand.zero_has_sign = false;
  const auto failures = [&](double value, double got) {
    return compare_with_oracle(operand, {"out", {value}, {0}}, {encode(DType::f32, got)}).failures;
  };
  EXPECT_EQ(failures(0.0, -0.0) + failures(-0.0, 0.0), 0);
  EXPECT_EQ(failures(0.0, 0x1.0p-149), 1) << "nothing but its sign";
  EXPECT_EQ(failures(1.0, -1.0), 1);
}

TEST(Compare, OverflowMayGoEitherWayOnlyNearTheThreshold) {
  EXPECT_TRUE(passes(65519.0, 2.0, kInf, DType::f16));
  EXPECT_TRUE(passes(65519.0, 40.0, 65504.0, DType::f16));
  EXPECT_FALSE(passes(60000.0, 2.0, kInf, DType::f16));
  EXPECT_FALSE(passes(70000.0, 2.0, 65504.0, DType::f16));
  EXPECT_TRUE(passes(70000.0, 2.0, kInf, DType::f16));
  EXPECT_FALSE(passes(70000.0, 2.0, -kInf, DType::f16));
}

TEST(Compare, ZeroBoundAsksForTheRoundedBits) {
  EXPECT_TRUE(passes(1.0 + 0x1.0p-9, 0.0, 1.0, DType::bf16));  // a tie, to even
  EXPECT_FALSE(passes(1.0 + 0x1.8p-8, 0.0, 1.0, DType::bf16));
}

TEST(Compare, IntegersMustBeEqualWhateverTheBound) {
  EXPECT_TRUE(passes(-3, 0.0, -3, DType::i32));
  EXPECT_FALSE(passes(-3, 5.0, -4, DType::i32));
}

TEST(Compare, AllNanOutputFailsEveryElement) {
  const Operand operand = output(DType::bf16, {8, 4});
  const ExpectedTensor expected{"out", std::vector<double>(32, 1.0), std::vector<double>(32, 1.0)};
  const Comparison comparison =
      compare_with_oracle(operand, expected, std::vector<std::uint32_t>(32, 0x7fff));
  EXPECT_EQ(comparison.failures, 32);
  EXPECT_NE(comparison.report.find("every element"), std::string::npos);
}

TEST(Compare, OneWrongElementInAMillionIsFoundAndNamed) {
  constexpr std::size_t kCount = std::size_t{1} << 20;
  const Operand operand = output(DType::f32, {1024, 1024});
  std::vector<double> value(kCount);
  std::vector<std::uint32_t> got(kCount);
  for (std::size_t i = 0; i < kCount; ++i) {
    value[i] = static_cast<double>(i % 1000);
    got[i] = encode(DType::f32, value[i]);
  }
  const std::size_t wrong = 700 * 1024 + 31;
  got[wrong] = encode(DType::f32, value[wrong] + 1);
  const Comparison comparison =
      compare_with_oracle(operand, {"out", value, std::vector<double>(kCount, 1e-3)}, got);
  EXPECT_EQ(comparison.failures, 1);
  EXPECT_EQ(comparison.compared, static_cast<std::int64_t>(kCount));
  EXPECT_NE(comparison.report.find("(700,31)"), std::string::npos) << comparison.report;
  EXPECT_GT(comparison.worst_ratio, 999);
  EXPECT_EQ(comparison.ratios.back(), 1);
}

TEST(Compare, EverythingZeroIsNoticed) {
  const Operand operand = output(DType::f32, {64});
  std::vector<double> value(64);
  for (std::size_t i = 0; i < 64; ++i) value[i] = static_cast<double>(i + 1);
  const Comparison tight = compare_with_oracle(
      operand, {"out", value, std::vector<double>(64, 0.5)}, std::vector<std::uint32_t>(64, 0));
  EXPECT_EQ(tight.failures, 64);
  const Comparison loose = compare_with_oracle(
      operand, {"out", value, std::vector<double>(64, 100.0)}, std::vector<std::uint32_t>(64, 0));
  EXPECT_EQ(loose.failures, 0);
  EXPECT_TRUE(loose.vacuous);
  EXPECT_TRUE(loose.constant);
  const Operand few = output(DType::f32, {15});
  const Comparison chance =
      compare_with_oracle(few, {"out", std::vector<double>(15, 0.5), std::vector<double>(15, 1.0)},
                          std::vector<std::uint32_t>(15, 0));
  EXPECT_FALSE(chance.vacuous) << "few elements may all be small by chance";
}

TEST(Compare, HalfOfTheBoundsLooseIsNoticed) {
  const Operand operand = output(DType::f32, {40});
  const std::vector<double> value(40, 0.5);
  const std::vector<std::uint32_t> got(40, encode(DType::f32, 0.5));
  std::vector<double> bound(40, 1e-6);
  std::fill(bound.begin(), bound.begin() + 19, std::numeric_limits<double>::infinity());
  EXPECT_FALSE(compare_with_oracle(operand, {"out", value, bound}, got).vacuous);
  bound[39] = 0.6;
  EXPECT_TRUE(compare_with_oracle(operand, {"out", value, bound}, got).vacuous);
}

// Products of 2^-127 in f16: zero or the smallest number, whatever an oracle says.
TEST(Compare, WhatTheTypeCannotTellFromZeroIsNotVacuous) {
  const Operand operand = output(DType::f16, {40});
  const std::vector<std::uint32_t> got(40, 0);
  const double half = underflow_error(DType::f16);
  const auto vacuous = [&](double value, double bound) {
    const ExpectedTensor expected{"out", std::vector<double>(40, value),
                                  std::vector<double>(40, bound)};
    return compare_with_oracle(operand, expected, got).vacuous;
  };
  EXPECT_FALSE(vacuous(0x1p-127, half));
  EXPECT_TRUE(vacuous(0x1p-127, 3 * half));
  EXPECT_TRUE(vacuous(1.5 * half, 2 * half));
}

TEST(Compare, LooseElementsBesideMoreExactOnesAreNoWaste) {
  const Operand operand = output(DType::f32, {48});
  std::vector<double> value(48, 0.5);
  std::vector<double> bound(48, 1.0);
  std::fill(bound.begin(), bound.begin() + 25, 0.0);
  const std::vector<std::uint32_t> got(48, encode(DType::f32, 0.5));
  EXPECT_FALSE(compare_with_oracle(operand, {"out", value, bound}, got).vacuous);
  std::vector<std::uint32_t> with_zero = got;
  std::fill(value.begin(), value.begin() + 2, 0.0);
  std::fill(with_zero.begin(), with_zero.begin() + 2, 0U);
  EXPECT_TRUE(compare_with_oracle(operand, {"out", value, bound}, with_zero).vacuous)
      << "an exact zero proves little";
}

TEST(Compare, CellsThatAreNotLiveAreIgnored) {
  Operand operand = output(DType::f32, {3});
  operand.cells = {Cell::optional, Cell::live, Cell::dead};
  const Comparison comparison =
      compare_with_oracle(operand, {"out", {5, 6, 7}, {0, 0, 0}},
                          {encode(DType::f32, 0), encode(DType::f32, 6), encode(DType::f32, 0)});
  EXPECT_EQ(comparison.compared, 1);
  EXPECT_EQ(comparison.failures, 0);
}

TEST(Compare, BitwiseLooksAtLiveCellsOnly) {
  Operand operand = output(DType::f32, {3});
  operand.cells = {Cell::optional, Cell::live, Cell::dead};
  const Comparison comparison = compare_bitwise(operand, {1, 2, 3}, {4, 2, 5}, "a", "b");
  EXPECT_EQ(comparison.compared, 1);
  EXPECT_EQ(comparison.failures, 0);
}

TEST(Compare, BitwiseSeesNegativeZeroAndNanPayload) {
  const Operand operand = output(DType::f32, {3});
  EXPECT_EQ(compare_bitwise(operand, {0, 1, 0x7fc00000}, {0, 1, 0x7fc00000}, "a", "b").failures, 0);
  const Comparison comparison =
      compare_bitwise(operand, {0, 1, 0x7fc00000}, {0x80000000, 1, 0x7fc00001}, "copy", "strided");
  EXPECT_EQ(comparison.failures, 2);
  EXPECT_NE(comparison.report.find("between copy and strided"), std::string::npos);
}

TEST(Compare, CodesMayHaveFreeBitsAndAnotherOneThatIsRight) {
  const Operand operand = output(DType::u8, {1});
  const auto passes = [&](const ExpectedTensor& expected, std::uint32_t got) {
    return compare_with_oracle(operand, expected, {got}).failures == 0;
  };
  const ExpectedTensor plain{"out", {0x35}, {0}};
  EXPECT_TRUE(passes(plain, 0x35));
  EXPECT_FALSE(passes(plain, 0x36));
  ExpectedTensor either = plain;
  either.other = {0x36};
  EXPECT_TRUE(passes(either, 0x35));
  EXPECT_TRUE(passes(either, 0x36));
  EXPECT_FALSE(passes(either, 0x37));
  ExpectedTensor half = plain;
  half.free_bits = {0xf0};
  EXPECT_TRUE(passes(half, 0x05));
  EXPECT_FALSE(passes(half, 0x34));
  half.other = {0x36};
  EXPECT_TRUE(passes(half, 0x96));
}

TEST(Compare, ReportShowsHeadTailAndPattern) {
  const Operand operand = output(DType::f32, {4, 100});
  std::vector<std::uint32_t> first(400, 0);
  std::vector<std::uint32_t> second(400, 0);
  for (std::size_t i = 200; i < 300; ++i) second[i] = 1;
  const std::string report = compare_bitwise(operand, first, second, "a", "b").report;
  EXPECT_NE(report.find("100 of 400"), std::string::npos) << report;
  EXPECT_NE(report.find("axis 0 always 2"), std::string::npos) << report;
  EXPECT_NE(report.find("(2,0)"), std::string::npos) << report;
  EXPECT_NE(report.find("(2,99)"), std::string::npos) << report;
  EXPECT_NE(report.find("..."), std::string::npos) << report;
}

}  // namespace
}  // namespace mlacheck
