#include "harness/amd/memory/allocations.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace mlacheck::amd {
namespace {

TEST(Allocations, HoldsItsBytesAndNoOthers) {
  Allocations allocations;
  allocations.add(0x1000, 0x100);
  EXPECT_EQ(allocations.find(0xfff), nullptr);
  EXPECT_EQ(allocations.find(0x1100), nullptr);
  ASSERT_NE(allocations.find(0x1000), nullptr);
  ASSERT_NE(allocations.find(0x10ff), nullptr);
  EXPECT_EQ(allocations.find(0x10ff)->end, 0x1100U);
  // The last hit must not answer for its neighbours.
  EXPECT_EQ(allocations.find(0x1100), nullptr);
  EXPECT_EQ(allocations.find(0xfff), nullptr);
}

TEST(Allocations, AnAccessEndsWithinOrIsRefused) {
  Allocations allocations;
  allocations.add(0x1000, 0x100);
  EXPECT_TRUE(allocations.contains(0x10fc, 4));
  EXPECT_FALSE(allocations.contains(0x10fd, 4));
  EXPECT_FALSE(allocations.contains(0xffe, 4));
  EXPECT_FALSE(allocations.contains(0x1000, ~std::uint64_t{0}));
}

TEST(Allocations, AdjoiningRangesAreOneToAnAccess) {
  Allocations allocations;
  allocations.add(0x1000, 0x100);
  allocations.add(0x1100, 0x100);
  EXPECT_TRUE(allocations.contains(0x10fe, 4));
  EXPECT_TRUE(allocations.contains(0x1000, 0x200));
  EXPECT_FALSE(allocations.contains(0x1000, 0x201));
  allocations.remove(0x1100);
  EXPECT_FALSE(allocations.contains(0x10fe, 4));
}

TEST(Allocations, AFreedRangeIsGoneThoughItWasTheLastHit) {
  Allocations allocations;
  allocations.add(0x1000, 0x100);
  ASSERT_NE(allocations.find(0x1004), nullptr);
  allocations.remove(0x1000);
  EXPECT_EQ(allocations.find(0x1004), nullptr);
}

TEST(Allocations, RefusesWhatOverlapsIsEmptyOrUnknown) {
  Allocations allocations;
  allocations.add(0x1000, 0x100);
  EXPECT_THROW(allocations.add(0x10ff, 1), std::invalid_argument);
  EXPECT_THROW(allocations.add(0xf00, 0x101), std::invalid_argument);
  EXPECT_THROW(allocations.add(0x2000, 0), std::invalid_argument);
  EXPECT_THROW(allocations.add(0x2000, ~std::uint64_t{0}), std::invalid_argument);
  EXPECT_THROW(allocations.remove(0x1001), std::invalid_argument);
}

TEST(Allocations, NamesTheNeighboursOfAHole) {
  Allocations allocations;
  allocations.add(0x1000, 0x100);
  allocations.add(0x2000, 0x100);
  const Allocations::Neighbours around = allocations.neighbours(0x1800);
  ASSERT_TRUE(around.below && around.above);
  EXPECT_EQ(around.below->end, 0x1100U);
  EXPECT_EQ(around.above->begin, 0x2000U);
  EXPECT_FALSE(allocations.neighbours(0x800).below);
}

}  // namespace
}  // namespace mlacheck::amd
