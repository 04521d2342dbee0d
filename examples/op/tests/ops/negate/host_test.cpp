// The host routines of negate: what they refuse.
#include <gtest/gtest.h>

#include "properties/negate/model.hpp"
#include "tests/support/refusals.hpp"

namespace mlacheck::negate {
namespace {

using testing_support::PlacedCall;

TEST(NegateHost, RefusesBadArgumentsAndTouchesNothing) {
  Case c(model().schema());
  c.set("T", 3).set("V", 4);
  testing_support::expect_refusals(
      model(), c,
      {{"out", [](PlacedCall& call) { call.tensors["out"].shape[1] = 3; }},
       {"out", [](PlacedCall& call) { call.tensors["out"].data = call.tensors["x"].data; }},
       {"x", [](PlacedCall& call) { call.tensors["x"].dtype = DType::i32; }}});
}

}  // namespace
}  // namespace mlacheck::negate
