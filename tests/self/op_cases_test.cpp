// What holds for the cases of every op: the generator draws none that its own op refuses, their
// layout twins neither, each line parses back to the same case, and a twin is the same problem.
#include <gtest/gtest.h>

#include "harness/run/ops.hpp"
#include "tests/self/drawn_cases.hpp"

namespace mlacheck {
namespace {

class OpCases : public testing::TestWithParam<const OpModel*> {};

TEST_P(OpCases, DrawnAndRequiredOnesAreAdmissible) {
  const OpModel& model = *GetParam();
  std::vector<Case> cases = testing_support::drawn_cases(model, 500);
  const std::vector<Case> required = model.required_cases();
  cases.insert(cases.end(), required.begin(), required.end());
  cases.emplace_back(model.schema());
  for (const Case& c : cases) {
    EXPECT_EQ(model.inadmissible(c), "") << c.line();
    EXPECT_EQ(model.inadmissible(model.layout_twin(c)), "") << c.line();
    const ParsedCase parsed = parse_case(c.line(), {&model.schema()});
    ASSERT_TRUE(std::holds_alternative<Case>(parsed)) << c.line();
    EXPECT_EQ(std::get<Case>(parsed), c);
  }
}

void expect_same_problem(const Operand& a, const Operand& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.layout.shape, b.layout.shape) << a.name;
  EXPECT_NE(a.layout.offset, b.layout.offset) << a.name;
  EXPECT_EQ(a.bits, b.bits) << a.name;
  EXPECT_EQ(a.cells, b.cells) << a.name;
  const auto elements = static_cast<std::size_t>(a.layout.elements());
  EXPECT_EQ(a.bits.size(), a.access == Access::output ? 0 : elements) << a.name;
  EXPECT_TRUE(a.cells.empty() || a.cells.size() == elements) << a.name;
}

class OpTwins : public testing::TestWithParam<const OpModel*> {};

TEST_P(OpTwins, DifferInLayoutAndAgreeInContents) {
  const OpModel& model = *GetParam();
  std::vector<Case> cases = testing_support::drawn_cases(model, 200);
  cases.emplace_back(model.schema());
  for (const Subject& subject : testing_support::cpu_subjects(model.schema().op).subjects) {
    for (const Case& c : cases) {
      SCOPED_TRACE(subject.variant + ": " + c.line());
      const Case twin = model.layout_twin(c);
      ASSERT_FALSE(twin == c);
      const Problem one = model.materialise(c, subject.contract_name());
      const Problem two = model.materialise(twin, subject.contract_name());
      EXPECT_EQ(one.integers, two.integers);
      ASSERT_EQ(one.operands.size(), two.operands.size());
      for (std::size_t i = 0; i < one.operands.size(); ++i) {
        expect_same_problem(one.operands[i], two.operands[i]);
      }
    }
  }
}

std::vector<const OpModel*> models() {
  std::vector<const OpModel*> all;
  for (const OpEntry& op : ops()) all.push_back(op.model);
  return all;
}

// A twin of mla_decode places its pages elsewhere: the op's own test follows them.
std::vector<const OpModel*> models_without_pages() {
  std::vector<const OpModel*> some = models();
  std::erase_if(some, [](const OpModel* model) { return model->schema().op == "mla_decode"; });
  return some;
}

std::string op_of(const testing::TestParamInfo<const OpModel*>& model) {
  return model.param->schema().op;
}

INSTANTIATE_TEST_SUITE_P(Ops, OpCases, testing::ValuesIn(models()), op_of);
INSTANTIATE_TEST_SUITE_P(Ops, OpTwins, testing::ValuesIn(models_without_pages()), op_of);

}  // namespace
}  // namespace mlacheck
