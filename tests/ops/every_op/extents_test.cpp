// Cases reach every class of every extent, up to what real models have, and each stays cheap.
#include "harness/case/extents.hpp"

#include <gtest/gtest.h>

#include "harness/sweep/coverage.hpp"
#include "tests/support/every_op.hpp"

namespace mlacheck {
namespace {

class Extents : public testing::TestWithParam<const OpModel*> {};
INSTANTIATE_TEST_SUITE_P(Ops, Extents, testing::ValuesIn(testing_support::models()),
                         testing_support::op_of);

TEST_P(Extents, AreDrawnInEachOfTheirClasses) {
  const OpModel& model = *GetParam();
  ASSERT_FALSE(extents_of(model.schema()).empty());
  Coverage coverage(model.schema(), {});
  Random random(1, 1);
  for (std::int64_t n = 0; n < Coverage::kEnoughForExtents; ++n) {
    coverage.note(model.generate(random, {}), false);
  }
  for (const std::string& name : coverage.missing()) {
    EXPECT_EQ(name.find(" from "), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace mlacheck
