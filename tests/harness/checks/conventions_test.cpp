// A subject's conventions apply to operands by their role, whatever their names are.
#include "harness/checks/conventions.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <numbers>

#include "harness/subjects/ops.hpp"
#include "tests/support/drawn_cases.hpp"

namespace mlacheck {
namespace {

// One log-sum-exp whose name does not say so, and a plain operand whose name seems to.
Problem misnamed(double value_of_plain) {
  Operand lse{"weights", DType::f32, Access::input, Layout::dense({1, 2}), {}, {}};
  lse.role = Role::lse;
  lse.bits = {encode(DType::f32, 1), encode(DType::f32, 2)};
  Operand plain{"false_lse", DType::f32, Access::input, Layout::dense({1, 2}), {}, {}};
  plain.bits = {encode(DType::f32, 3), encode(DType::f32, value_of_plain)};
  Problem problem;
  problem.operands = {lse, plain};
  return problem;
}

TEST(Conventions, BaseTwoSpeaksOfLogSumExps) {
  Subject subject;
  subject.conventions.lse_base = Conventions::LseBase::two;
  const Problem problem = under_conventions(misnamed(4), subject);
  EXPECT_EQ(problem.operand("weights").unit, std::numbers::ln2);
  EXPECT_EQ(problem.operand("false_lse").unit, 1);
}

TEST(Conventions, PlusInfinitySpeaksOfLogSumExps) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  Subject subject;
  subject.conventions.plus_infinity_is_empty = false;
  EXPECT_EQ(outside_conventions(misnamed(kInf), subject), "");
  Problem problem = misnamed(0);
  problem.operand("weights").bits[1] = encode(DType::f32, kInf);
  EXPECT_EQ(outside_conventions(problem, subject),
            "weights holds +inf, which this subject does not understand");
}

// What docs/plug-in.md lists. A model that forgets a role would hand out natural logarithms to a
// subject that asked for base 2.
TEST(Conventions, ModelsGiveTheRoleToTheOperandsThatThePageLists) {
  const auto listed = [](const std::string& name) {
    return name == "lse_out" || name == "prefix_lse" || name == "suffix_lse" ||
           name.rfind("chunk_lse_", 0) == 0;
  };
  int met = 0;
  for (const OpEntry& op : ops()) {
    for (const Case& c : testing_support::drawn_cases(*op.model, 30)) {
      for (const Operand& operand : op.model->materialise(c, "").operands) {
        EXPECT_EQ(operand.role == Role::lse, listed(operand.name)) << c.line() << operand.name;
        if (operand.role != Role::lse) continue;
        ++met;
        EXPECT_EQ(operand.dtype, DType::f32) << operand.name;
        EXPECT_EQ(operand.layout.shape.size(), 2U) << operand.name << ": two axes to exchange";
      }
    }
  }
  EXPECT_GT(met, 100);
}

}  // namespace
}  // namespace mlacheck
