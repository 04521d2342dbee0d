#include "harness/amd/checks.hpp"

#include <gtest/gtest.h>

namespace mlacheck::amd {
namespace {

TEST(Checks, ByName) {
  EXPECT_EQ(checks_named("none"), Checks{});
  EXPECT_EQ(checks_named("all"), (Checks{true, true, true, true}));
  EXPECT_EQ(checks_named("waits"), (Checks{false, true, false, false}));
  EXPECT_EQ(checks_named("races,undefined"), (Checks{true, false, false, true}));
  EXPECT_EQ(checks_named("hazards,waits,hazards"), (Checks{false, true, true, false}));
}

TEST(Checks, OtherTextsAreRefused) {
  for (const char* const text : {"", "wait", "waits,", ",waits", "all, none", "Waits"}) {
    EXPECT_EQ(checks_named(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace mlacheck::amd
