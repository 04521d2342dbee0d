// The host routines of negate: what they refuse.
#include <gtest/gtest.h>

#include "properties/negate/model.hpp"
#include "tests/support/placed_state_call.hpp"

namespace mlacheck {
namespace {

TEST(NegateHost, RefusesAnotherShapeAndTouchesNothing) {
  const SubjectTable table = testing_support::cpu_subjects("negate");
  for (const Subject& subject : table.subjects) {
    Case c(negate_model().schema());
    c.set("T", 3).set("V", 4);
    testing_support::PlacedStateCall placed(negate_model().materialise(c, subject.variant));
    placed.tensors["out"].shape[1] = 3;
    PlainContext context;
    const Status status = subject.run(placed.call(), context);
    EXPECT_EQ(status.code(), StatusCode::invalid_argument);
    EXPECT_EQ(status.message().substr(0, 13), "argument out:");
    EXPECT_TRUE(placed.untouched());
    EXPECT_TRUE(context.launches().empty());
  }
}

}  // namespace
}  // namespace mlacheck
