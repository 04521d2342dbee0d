#include "harness/sweep/counterexample.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mlacheck {
namespace {

Failing found_by(Check check, const std::string& unit) {
  Failing failing;
  failing.target = Target{{check, "out", "value"}};
  failing.unit = unit;
  return failing;
}

TEST(Narrowed, KeepsToThePartOfK13ThatShowedTheFailure) {
  const BatteryOptions options = narrowed({}, found_by(Check::width, "large indices"));
  EXPECT_EQ(options.only, Check::width);
  EXPECT_EQ(options.only_unit, "large indices");
}

TEST(Narrowed, LeavesEveryPartOfAnotherCheckIn) {
  const BatteryOptions options = narrowed({}, found_by(Check::history, "replay"));
  EXPECT_EQ(options.only, Check::history);
  EXPECT_EQ(options.only_unit, "");
}

}  // namespace
}  // namespace mlacheck
