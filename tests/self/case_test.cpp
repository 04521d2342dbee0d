#include "harness/core/case.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace mlacheck {
namespace {

const Schema& schema() {
  static const Schema kSchema{
      "toy",
      {Field::integer("B", 0, 100, 1), Field::integer("gap", -2, 64, 0),
       Field::choice("dtype", {"f32", "bf16"}), Field::list("requests", 2, 0, 1000)}};
  return kSchema;
}

std::string error_of(const std::string& line) {
  const ParsedCase parsed = parse_case(line, {&schema()});
  const auto* error = std::get_if<std::string>(&parsed);
  return error == nullptr ? "" : *error;
}

TEST(Case, SimplestCasePrintsNoFields) { EXPECT_EQ(Case(schema()).line(), "toy()"); }

TEST(Case, LineParsesBackToAnEqualCase) {
  Case c(schema());
  c.set("B", 17).set("gap", -2).set("dtype", "bf16").set("requests", {1, 0, 4, 1000});
  EXPECT_EQ(c.line(), "toy(B=17,gap=-2,dtype=bf16,requests=[1:0,4:1000])");
  const ParsedCase parsed = parse_case(c.line(), {&schema()});
  ASSERT_TRUE(std::holds_alternative<Case>(parsed));
  EXPECT_EQ(std::get<Case>(parsed), c);
  EXPECT_FALSE(std::get<Case>(parsed) == Case(schema()));
}

TEST(Case, BadLinesNameFieldValueAndExpectation) {
  EXPECT_NE(error_of("toys()").find("op 'toys': expected one of toy"), std::string::npos);
  EXPECT_NE(error_of("toy(C=1)").find("field 'C'"), std::string::npos);
  EXPECT_NE(error_of("toy(B=101)").find("field B: 101, expected 0..100"), std::string::npos);
  EXPECT_NE(error_of("toy(B=1x)").find("field B: '1x', expected a number"), std::string::npos);
  EXPECT_NE(error_of("toy(dtype=f64)").find("expected one of f32 bf16"), std::string::npos);
  EXPECT_NE(error_of("toy(requests=[1:2,3])").find("expected ':'"), std::string::npos);
  EXPECT_NE(error_of("toy(B=1").find("expected ',' or ')'"), std::string::npos);
  EXPECT_NE(error_of("toy(B=1)x").find("the end of the line"), std::string::npos);
  EXPECT_NE(error_of("").find("op ''"), std::string::npos);
  EXPECT_NE(error_of("toy(B=99999999999999999999)").find("expected a number"), std::string::npos);
}

TEST(Case, SettersRefuseWhatTheSchemaForbids) {
  Case c(schema());
  EXPECT_THROW(c.set("B", -1), std::invalid_argument);
  EXPECT_THROW(c.set("requests", {1, 2, 3}), std::invalid_argument);
  EXPECT_THROW(c.set("nothing", 1), std::out_of_range);
  EXPECT_THROW(static_cast<void>(c.integer("dtype")), std::out_of_range);
}

TEST(Case, ShrinkingAlwaysEndsAtTheSimplestCase) {
  Case c(schema());
  c.set("B", 100).set("gap", 63).set("dtype", "bf16").set("requests", {9, 8, 7, 6, 5, 4});
  int steps = 0;
  // The last candidate is the least aggressive one: the longest way down.
  for (auto candidates = simpler_cases(c); !candidates.empty(); candidates = simpler_cases(c)) {
    c = candidates.back();
    ASSERT_LT(++steps, 1000);
  }
  EXPECT_EQ(c, Case(schema()));
}

TEST(Case, ShrinkingDropsEachRequestAndLowersEachNumber) {
  Case c(schema());
  c.set("requests", {3, 10, 5, 20});
  bool dropped_first = false;
  bool lowered_last = false;
  for (const Case& candidate : simpler_cases(c)) {
    dropped_first = dropped_first || candidate.list("requests") == std::vector<std::int64_t>{5, 20};
    lowered_last =
        lowered_last || candidate.list("requests") == std::vector<std::int64_t>{3, 10, 5, 19};
    EXPECT_FALSE(candidate == c);
  }
  EXPECT_TRUE(dropped_first);
  EXPECT_TRUE(lowered_last);
}

}  // namespace
}  // namespace mlacheck
