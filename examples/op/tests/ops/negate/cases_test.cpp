// negate: its cases, and its oracle against numbers worked out by hand.
#include <gtest/gtest.h>

#include "properties/negate/model.hpp"
#include "reference/negate/oracle.hpp"
#include "tests/support/classes_met.hpp"
#include "tests/support/drawn_cases.hpp"

namespace mlacheck::negate {
namespace {

TEST(NegateCases, ReachEveryClass) {
  testing_support::ClassesMet classes(model().schema());
  for (const Case& c : testing_support::drawn_cases(model(), 300)) {
    ASSERT_EQ(model().inadmissible(c), "") << c.line();
    classes.note(c);
    classes.note(c.integer("T") == 0 || c.integer("V") == 0, "no element");
  }
  classes.expect_all();
}

TEST(NegateOracle, HandComputedValues) {
  Problem problem;
  Operand x;
  x.name = "x";
  x.layout = Layout::dense({1, 2});
  x.bits = {encode(DType::f32, 1.5), encode(DType::f32, -4)};
  Operand negated = x;
  negated.name = "out";
  problem.operands = {x, negated};
  const ExpectedTensor out = oracle().expect(problem).outputs.at(0);
  EXPECT_EQ(out.value, (std::vector<double>{-1.5, 4}));
  EXPECT_EQ(out.bound, (std::vector<double>{0, 0}));
}

}  // namespace
}  // namespace mlacheck::negate
