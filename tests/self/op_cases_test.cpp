// What holds for the cases of every op: the generator draws none that its own op refuses, their
// layout twins neither, and each line parses back to the same case.
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

std::vector<const OpModel*> models() {
  std::vector<const OpModel*> all;
  for (const OpEntry& op : ops()) all.push_back(op.model);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Ops, OpCases, testing::ValuesIn(models()),
                         [](const auto& model) { return model.param->schema().op; });

}  // namespace
}  // namespace mlacheck
