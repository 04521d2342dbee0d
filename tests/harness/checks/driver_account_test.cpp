// The subject's account of its work against the driver's, without a driver.
#include "harness/checks/driver_account.hpp"

#include <gtest/gtest.h>

namespace mlacheck {
namespace {

const std::vector<LaunchRecord> kOneLaunch{{"kernel", {4, 1, 1}, {128, 1, 1}, 0}};

TEST(DriverAccount, EqualAccountsAgree) {
  const Cost recorded{.launches = 1, .bytes_filled = 64, .synchronizations = 1};
  const DriverWork seen{.launches = 1, .bytes_filled = 64, .synchronizations = 1};
  EXPECT_TRUE(contradictions_of(recorded, kOneLaunch, seen).empty());
}

TEST(DriverAccount, AKernelMayCopyWithoutTheDriverKnowing) {
  EXPECT_TRUE(
      contradictions_of({.launches = 1, .bytes_copied = 64}, kOneLaunch, {.launches = 1}).empty());
}

TEST(DriverAccount, EachHiddenPieceOfWorkIsNamed) {
  const std::vector<std::string> texts = contradictions_of({.launches = 1}, kOneLaunch,
                                                           {.launches = 2,
                                                            .allocations = 1,
                                                            .bytes_filled = 8,
                                                            .bytes_copied = 4,
                                                            .synchronizations = 3});
  EXPECT_EQ(texts,
            (std::vector<std::string>{
                "launches: the driver saw 2, the subject recorded 1",
                "bytes filled: the driver saw 8, the subject recorded 0",
                "bytes copied: the driver saw 4, the subject recorded 0",
                "synchronizations: the driver saw 3, the subject recorded 0",
                "allocations: 1 of device memory past the scratch that the harness hands out"}));
}

TEST(DriverAccount, ALaunchThatNeverReachedTheDriverIsNamed) {
  EXPECT_EQ(contradictions_of({.launches = 1}, kOneLaunch, {}),
            std::vector<std::string>{"launches: the driver saw 0, the subject recorded 1"});
}

TEST(DriverAccount, ALibrarysCallsAreItsOwnAffair) {
  const std::vector<LaunchRecord> call{{"gemm", {0, 0, 0}, {0, 0, 0}, 0}};
  EXPECT_TRUE(contradictions_of({.launches = 1}, call, {.launches = 3, .allocations = 1}).empty());
}

}  // namespace
}  // namespace mlacheck
