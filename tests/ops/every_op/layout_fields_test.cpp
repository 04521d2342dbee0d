// Each layout field moves memory, and a layout twin changes all of them.
#include <gtest/gtest.h>

#include <set>

#include "tests/support/drawn_cases.hpp"
#include "tests/support/every_op.hpp"

namespace mlacheck {
namespace {

class LayoutFieldsOf : public testing::TestWithParam<const OpModel*> {};

bool is_layout_field(const Field& field) {
  static const std::set<std::string> kParts{"order",  "step", "gap",        "outer_gap",
                                            "offset", "pad",  "idle_stride"};
  const std::size_t dot = field.name.find('.');
  return dot != std::string::npos && kParts.contains(field.name.substr(dot + 1));
}

std::vector<const Field*> layout_fields_of(const OpModel& model) {
  std::vector<const Field*> fields;
  for (const Field& field : model.schema().fields) {
    if (is_layout_field(field)) fields.push_back(&field);
  }
  return fields;
}

// Everything that the layouts of a problem say.
std::string layouts_text(const Problem& problem) {
  std::string text;
  const auto add = [&](const std::vector<std::int64_t>& numbers) {
    for (const std::int64_t number : numbers) text += std::to_string(number) + " ";
  };
  for (const Operand& operand : problem.operands) {
    add(operand.layout.shape);
    add(operand.layout.stride);
    add({operand.layout.offset, operand.layout.storage});
  }
  return text;
}

TEST_P(LayoutFieldsOf, EachOneChangesTheLayout) {
  const OpModel& model = *GetParam();
  const std::vector<const Field*> fields = layout_fields_of(model);
  EXPECT_GE(fields.size(), 6U);
  std::vector<Case> cases = testing_support::drawn_cases(model, 150);
  cases.emplace_back(model.schema());
  for (const Field* field : fields) {
    const std::size_t index = model.schema().index_of(field->name);
    bool changes = false;
    for (const Case& c : cases) {
      Case other = c;
      const std::int64_t value = c.value_at(index).front();
      other.set_at(index, {value == field->minimum ? value + 1 : field->minimum});
      if (!model.inadmissible(other).empty()) continue;
      changes =
          layouts_text(model.materialise(c, "")) != layouts_text(model.materialise(other, ""));
      if (changes) break;
    }
    EXPECT_TRUE(changes) << field->name;
  }
}

TEST_P(LayoutFieldsOf, TheTwinChangesEachOne) {
  const OpModel& model = *GetParam();
  for (const Case& c : testing_support::drawn_cases(model, 100)) {
    const Case twin = model.layout_twin(c);
    for (const Field* field : layout_fields_of(model)) {
      const std::size_t index = model.schema().index_of(field->name);
      EXPECT_NE(twin.value_at(index), c.value_at(index)) << field->name << " of " << c.line();
    }
  }
}

// One element, so that every axis is idle: all spellings of the stride are drawn.
TEST_P(LayoutFieldsOf, DrawEverySpellingOfAnIdleStride) {
  const OpModel& model = *GetParam();
  for (const Field* field : layout_fields_of(model)) {
    if (!field->name.ends_with(".idle_stride")) continue;
    std::set<std::string> drawn;
    for (const Case& c : testing_support::drawn_cases(model, 200)) {
      drawn.insert(c.choice(field->name));
    }
    EXPECT_EQ(drawn.size(), field->choices.size()) << field->name;
  }
}

INSTANTIATE_TEST_SUITE_P(EveryOp, LayoutFieldsOf, testing::ValuesIn(testing_support::models()),
                         testing_support::op_of);

}  // namespace
}  // namespace mlacheck
