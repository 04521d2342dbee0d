// What holds for the table of fields of every op.
#pragma once

#include <gtest/gtest.h>

#include "harness/subjects/bundled_cases.hpp"
#include "properties/common/fields.hpp"
#include "tests/support/drawn_cases.hpp"

namespace mlacheck::testing_support {

/// Cases become the op's own struct and the same cases again, drawn and required ones.
template <class Fields>
void expect_round_trips(const OpModel& model, const FieldTable<Fields>& table) {
  std::vector<Case> cases = drawn_cases(model, 300);
  const std::vector<Case>& required = required_cases(model.schema().op);
  cases.insert(cases.end(), required.begin(), required.end());
  EXPECT_EQ(table.to_case(Fields{}), Case(table.schema()));
  for (const Case& c : cases) EXPECT_EQ(table.to_case(table.fields(c)), c) << c.line();
}

}  // namespace mlacheck::testing_support
