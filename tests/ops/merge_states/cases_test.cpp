// merge_states: its cases, and its oracle against numbers worked out by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "properties/common/state_lse.hpp"
#include "properties/common/values.hpp"
#include "properties/merge_states/model.hpp"
#include "reference/merge_states/oracle.hpp"
#include "tests/support/classes_met.hpp"
#include "tests/support/dense_operand.hpp"
#include "tests/support/drawn_cases.hpp"
#include "tests/support/placed_call.hpp"

namespace mlacheck::merge_states {
namespace {

using testing_support::cpu_subjects;
using testing_support::dense_operand;
using testing_support::drawn_cases;
using testing_support::PlacedCall;

constexpr double kInf = std::numeric_limits<double>::infinity();
const double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<Case> drawn(int count) { return drawn_cases(model(), count); }

// One token after the other, one head, one element.
Problem problem_of(const std::vector<double>& prefix, const std::vector<double>& prefix_lse,
                   const std::vector<double>& suffix, const std::vector<double>& suffix_lse,
                   std::int64_t context_tokens, DType dtype = DType::f32) {
  const auto tokens = static_cast<std::int64_t>(prefix.size());
  Problem problem;
  problem.operands = {
      dense_operand("prefix_out", dtype, Access::input, {tokens, 1, 1}, prefix),
      dense_operand("prefix_lse", DType::f32, Access::input, {1, tokens}, prefix_lse),
      dense_operand("suffix_out", dtype, Access::input, {tokens, 1, 1}, suffix),
      dense_operand("suffix_lse", DType::f32, Access::input, {1, tokens}, suffix_lse),
      dense_operand("out", dtype, Access::output, {tokens, 1, 1}, {}),
      dense_operand("lse_out", DType::f32, Access::output, {1, tokens}, {})};
  problem.integers = {{"prefill_tokens_with_context", context_tokens}};
  return problem;
}

TEST(MergeStatesCases, ReachEveryClass) {
  testing_support::ClassesMet classes(model().schema());
  for (const Case& c : drawn(600)) {
    classes.note(c);
    const std::int64_t width = c.integer("V");
    const std::int64_t groups = c.integer("T") * c.integer("H");
    classes.note(width == 0, "no width");
    classes.note(width % 8 != 0 && width > 8, "tail");
    classes.note(width > 256, "more than one pack a lane");
    classes.note(width == 192, "192");
    classes.note(groups == 0, "nothing");
    classes.note(groups > 128, "several blocks");
    classes.note(c.integer("copied") > 0 && c.integer("copied") < c.integer("T"), "C inside");
    classes.note(c.integer("copied") == c.integer("T") && groups > 0, "C = 0");
    classes.note(!c.flag("has_lse_out"), "no LSE out");
    classes.note(c.integer("prefix_out.gap") != c.integer("suffix_out.gap"), "head strides");
    classes.note(c.integer("prefix_out.outer_gap") != c.integer("suffix_out.outer_gap"),
                 "token strides");
    classes.note(c.integer("out.offset") % 4 != 0, "misaligned");
    classes.note(c.choice("prefix_lse.order") != c.choice("suffix_lse.order"), "LSE layouts");
    classes.note(c.choice("prefix_out.order") == "HTV", "head-major values");
  }
  classes.expect_all();
}

TEST(MergeStatesCases, EmptyAndUnusedRowsAreDead) {
  Case c(model().schema());
  c.set("T", 3).set("H", 2).set("V", 2).set("copied", 1).set("empty", "both");
  const Problem problem = model().materialise(c, "scalar");
  const Operand& prefix = problem.operand("prefix_out");
  const Operand& suffix = problem.operand("suffix_out");
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_EQ(prefix.cell(i), Cell::dead);
    EXPECT_EQ(suffix.cell(i), i < 8 ? Cell::dead : Cell::live);
  }
  const Operand& lse = problem.operand("prefix_lse");  // [H, T]: the last token of each head
  EXPECT_EQ(lse.cells, (std::vector<Cell>{Cell::live, Cell::live, Cell::dead, Cell::live,
                                          Cell::live, Cell::dead}));
}

TEST(StateLse, ClassesKeepTheirPromise) {
  std::set<double> differences;
  for (std::uint64_t row = 0; row < 500; ++row) {
    EXPECT_EQ(lse_value(LseClass::equal, 5, row, 0), lse_value(LseClass::equal, 5, row, 1));
    const double near = lse_value(LseClass::near, 5, row, 0) - lse_value(LseClass::near, 5, row, 1);
    differences.insert(std::round(std::fabs(near)));
    EXPECT_LT(std::fabs(lse_value(LseClass::large, 5, row, 0)), 5.1e4);
    EXPECT_TRUE(std::isfinite(lse_value(LseClass::huge, 5, row, 0)));
    EXPECT_LT(std::fabs(lse_value(LseClass::small, 5, row, 0)), 8);
  }
  for (const double size : {0, 1, 4}) EXPECT_TRUE(differences.contains(size)) << size;
  EXPECT_EQ(empty_lse(EmptyLse::minus_inf, 1, 2, 3), -kInf);
  EXPECT_EQ(empty_lse(EmptyLse::plus_inf, 1, 2, 3), kInf);
}

TEST(MergeStatesOracle, HandComputedValues) {
  // Weights 1/4 and 3/4 for LSEs 0 and ln 3; a suffix that carries 2.0326 % of the mass.
  const double share = 0.020326;
  const double gap = std::log((1 - share) / share);
  const Problem problem = problem_of({2, 4, 0}, {0, 1, gap}, {6, 8, 1}, {std::log(3.0), 1, 0}, 3);
  const Expectation expectation = oracle().expect(problem);
  const ExpectedTensor& out = expectation.outputs[0];
  const ExpectedTensor& lse = expectation.outputs[1];
  EXPECT_NEAR(out.value[0], 5, 1e-6);
  EXPECT_NEAR(lse.value[0], std::log(4.0), 1e-6);
  EXPECT_EQ(out.value[1], 6);
  EXPECT_EQ(out.bound[1], 0);
  EXPECT_NEAR(lse.value[1], 1 + std::log(2.0), 1e-12);
  EXPECT_NEAR(out.value[2], share, 1e-7);
  // A consumer that weighs a base-2 producer's LSEs with e sees the gap times 1 / ln 2, and the
  // share as 0.3718 %: far outside the bound.
  const double mixed_up = 1 / (1 + std::exp(gap / std::log(2.0)));
  EXPECT_NEAR(mixed_up, 0.003718, 2e-6);
  EXPECT_GT(std::fabs(mixed_up - out.value[2]), 1e4 * out.bound[2]);
}

TEST(MergeStatesOracle, SpecialValues) {
  //                      prefix empty  suffix empty  both   both   NaN LSE  NaN, empty
  const Problem problem = problem_of({7, 1.5, 7, 7, 1, 7}, {-kInf, 0.25, kInf, -kInf, kNan, kNan},
                                     {2.5, 7, 7, 7, 2, 7}, {0.5, kInf, kInf, kInf, 0, -kInf}, 6);
  const Expectation expectation = oracle().expect(problem);
  const ExpectedTensor& out = expectation.outputs[0];
  const ExpectedTensor& lse = expectation.outputs[1];
  const std::vector<double> values{2.5, 1.5, 0, 0};
  const std::vector<double> lses{0.5, 0.25, -kInf, -kInf};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(out.value[i], values[i]) << i;
    EXPECT_FALSE(std::signbit(out.value[i])) << i;
    EXPECT_EQ(out.bound[i], 0) << i;
    EXPECT_EQ(lse.value[i], lses[i]) << i;
    EXPECT_EQ(lse.bound[i], 0) << i;
  }
  for (std::size_t i = 4; i < 6; ++i) {
    EXPECT_TRUE(std::isnan(out.value[i])) << i;
    EXPECT_TRUE(std::isnan(lse.value[i])) << i;
  }
}

TEST(MergeStatesOracle, TokensPastContextCopyTheSuffixRaw) {
  const Problem problem = problem_of({1, 1, 1}, {0, 0, 0}, {3, 4, 5}, {0, kInf, kNan}, 1);
  const Expectation expectation = oracle().expect(problem);
  EXPECT_EQ(expectation.outputs[0].value, (std::vector<double>{2, 4, 5}));
  EXPECT_EQ(expectation.outputs[0].bound, (std::vector<double>{0, 0, 0}));
  EXPECT_EQ(expectation.outputs[1].value[1], kInf);
  EXPECT_TRUE(std::isnan(expectation.outputs[1].value[2]));
}

// Both variants on both warp widths, on the vector above.
TEST(MergeStatesHost, SpecialValues) {
  for (const char* backend : {"cpu.w32", "cpu.w64"}) {
    const SubjectTable table = cpu_subjects("merge_states", backend);
    for (const Subject& subject : table.subjects) {
      PlacedCall placed(problem_of({7, 1.5, kNan, 7}, {-kInf, 0.25, kInf, 3}, {2.5, kNan, kNan, 9},
                                   {0.5, kInf, kInf, kInf}, 3, DType::bf16));
      PlainContext context;
      ASSERT_TRUE(subject.run(placed.call(), context).ok());
      EXPECT_EQ(placed.read("out"), (std::vector<double>{2.5, 1.5, 0, 9}));
      EXPECT_EQ(placed.read("lse_out"), (std::vector<double>{0.5, 0.25, -kInf, kInf}));
      EXPECT_EQ(context.launches().size(), 1U);
    }
  }
}

}  // namespace
}  // namespace mlacheck::merge_states
