// The struct of fields of every op holds what a case says: all of it, and each field in a place of
// its own.
#include <gtest/gtest.h>

#include "harness/subjects/bundled_cases.hpp"
#include "properties/common/typed_model.hpp"
#include "tests/support/drawn_cases.hpp"
#include "tests/support/every_op.hpp"

namespace mlacheck {
namespace {

class FieldsOf : public testing::TestWithParam<const OpModel*> {
 protected:
  Case through_fields(const Case& c) const {
    return dynamic_cast<const HasFields&>(*GetParam()).through_fields(c);
  }
};

TEST_P(FieldsOf, ALineComesBackAsItWas) {
  std::vector<Case> cases = testing_support::drawn_cases(*GetParam(), 300);
  const std::vector<Case>& required = required_cases(GetParam()->schema().op);
  cases.insert(cases.end(), required.begin(), required.end());
  cases.emplace_back(GetParam()->schema());
  for (const Case& c : cases) {
    const ParsedCase parsed = parse_case(c.line(), {&GetParam()->schema()});
    ASSERT_TRUE(std::holds_alternative<Case>(parsed)) << c.line();
    EXPECT_EQ(through_fields(std::get<Case>(parsed)).line(), c.line());
  }
}

// Values other than the fallback; entries of a tuple differ.
std::vector<std::vector<std::int64_t>> values_of(const Field& field) {
  if (field.kind != Field::Kind::list) {
    if (field.fallback != field.minimum) return {{field.minimum}};
    return {{field.minimum + 1}, {field.maximum}};
  }
  std::vector<std::int64_t> two_tuples;
  for (int i = 0; i < 2 * field.arity; ++i) two_tuples.push_back(field.minimum + i);
  return {two_tuples};
}

TEST_P(FieldsOf, EachOneHasAPlaceOfItsOwn) {
  const std::vector<Field>& fields = GetParam()->schema().fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    for (const std::vector<std::int64_t>& value : values_of(fields[i])) {
      Case c(GetParam()->schema());
      c.set_at(i, value);
      EXPECT_NE(c, Case(GetParam()->schema())) << fields[i].name;
      EXPECT_EQ(through_fields(c), c) << fields[i].name;
    }
  }
}

TEST_P(FieldsOf, EachOneSaysInAFewWordsWhatItMeans) {
  for (const Field& field : GetParam()->schema().fields) {
    EXPECT_FALSE(field.about.empty()) << field.name;
    EXPECT_LE(field.about.size(), 48U) << field.name << ": " << field.about;
  }
}

// A seed that is not declared as one would have every value of it counted as a choice to be met.
TEST_P(FieldsOf, ARangeWithoutEndIsASeed) {
  for (const Field& field : GetParam()->schema().fields) {
    const bool endless = field.kind == Field::Kind::integer && field.maximum >= 1'000'000'000;
    EXPECT_EQ(field.is_seed, endless) << field.name;
  }
}

INSTANTIATE_TEST_SUITE_P(EveryOp, FieldsOf, testing::ValuesIn(testing_support::models()),
                         testing_support::op_of);

}  // namespace
}  // namespace mlacheck
