#include "harness/amd/dispatch/registers.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "harness/amd/code_object/descriptor.hpp"

namespace mlacheck::amd {
namespace {

constexpr std::array<std::uint32_t, 3> kBlock{11, 12, 13};
const LaunchAddresses kAddresses{0x100000002, 0x300000004, 0x500000100, 0x600, 0x700000008};

Kernel kernel_with(unsigned properties, unsigned rsrc2_bits, Target target = Target::gfx90a) {
  Kernel kernel;
  kernel.name = "probe";
  kernel.target = target;
  kernel.wave_size = target == Target::gfx1030 ? 32 : 64;
  kernel.properties = static_cast<std::uint16_t>(properties);
  kernel.rsrc2 = rsrc2_bits;
  kernel.scratch_bytes = 24;
  return kernel;
}

Launch launch_of(const Kernel& kernel, std::array<std::uint32_t, 3> threads) {
  Launch launch;
  launch.kernel = &kernel;
  launch.threads = threads;
  return launch;
}

TEST(InitialSgprs, FollowTheOrderOfTheManual) {
  const Kernel kernel = kernel_with(property::kPrivateSegmentBuffer | property::kDispatchPtr |
                                        property::kKernargSegmentPtr | property::kDispatchId |
                                        property::kFlatScratchInit | property::kPrivateSegmentSize,
                                    rsrc2::kPrivateSegment | 13U << 1 | rsrc2::kWorkgroupId[0] |
                                        rsrc2::kWorkgroupId[1] | rsrc2::kWorkgroupId[2]);
  const auto sgprs = initial_sgprs(launch_of(kernel, {128, 1, 1}), kAddresses, kBlock, 1);
  ASSERT_EQ(sgprs.size(), 17U);
  EXPECT_EQ(sgprs[0], 0x100U) << "the buffer's base";
  EXPECT_EQ(sgprs[1] & 0xffff, 5U);
  EXPECT_EQ(sgprs[2], 0x600U) << "its size";
  const std::vector<std::uint32_t> rest(sgprs.begin() + 4, sgprs.end());
  const std::vector<std::uint32_t> expected{
      2,       1,       // dispatch packet
      4,       3,       // kernarg segment
      8,       7,       // dispatch id
      0x100,   5,       // flat scratch
      24,               // bytes of a lane
      11,      12, 13,  // block
      24 * 64,          // scratch of wave 1
  };
  EXPECT_EQ(rest, expected);
}

TEST(InitialSgprs, OnlyWhatIsWanted) {
  const Kernel kernel = kernel_with(property::kKernargSegmentPtr, 2U << 1 | rsrc2::kWorkgroupId[1]);
  const auto sgprs = initial_sgprs(launch_of(kernel, {64, 1, 1}), kAddresses, kBlock, 0);
  EXPECT_EQ(sgprs, (std::vector<std::uint32_t>{4, 3, 12}));
}

// That of 32 lanes is half as far from the wave before.
TEST(InitialSgprs, ScratchOfAWaveHasAPlaceForEachOfItsLanes) {
  const Kernel kernel = kernel_with(0, rsrc2::kPrivateSegment, Target::gfx1030);
  const auto sgprs = initial_sgprs(launch_of(kernel, {128, 1, 1}), kAddresses, kBlock, 3);
  EXPECT_EQ(sgprs, (std::vector<std::uint32_t>{3 * 24 * 32}));
}

TEST(InitialSgprs, SystemRegistersComeBehindAllUserRegisters) {
  const Kernel kernel = kernel_with(property::kKernargSegmentPtr, 6U << 1 | rsrc2::kWorkgroupId[0]);
  const auto sgprs = initial_sgprs(launch_of(kernel, {64, 1, 1}), kAddresses, kBlock, 0);
  ASSERT_EQ(sgprs.size(), 7U);
  EXPECT_EQ(sgprs[6], 11U);
}

TEST(InitialSgprs, AQueueIsRefused) {
  const Kernel kernel = kernel_with(property::kQueuePtr, 2U << 1);
  EXPECT_THROW(initial_sgprs(launch_of(kernel, {64, 1, 1}), kAddresses, kBlock, 0),
               std::invalid_argument);
}

TEST(InitialVgprs, Gfx90aPacksTheIds) {
  const Kernel kernel = kernel_with(0, 2U << 11);
  const auto vgprs = initial_vgprs(launch_of(kernel, {5, 3, 9}), 1);
  ASSERT_EQ(vgprs.size(), 1U);
  // Work-item 64 of 5 x 3 x 9 is (4, 0, 4), as 64 = 4 * 15 + 0 * 5 + 4.
  EXPECT_EQ(vgprs[0][0], 4U | 0U << 10 | 4U << 20);
  // Work-item 134, the last, is (4, 2, 8); it is in wave 2.
  EXPECT_EQ(initial_vgprs(launch_of(kernel, {5, 3, 9}), 2)[0][6], 4U | 2U << 10 | 8U << 20);
}

TEST(InitialVgprs, Gfx1030HasARegisterForEachId) {
  const Kernel all = kernel_with(0, 2U << 11, Target::gfx1030);
  const auto vgprs = initial_vgprs(launch_of(all, {5, 3, 9}), 2);
  ASSERT_EQ(vgprs.size(), 3U);
  EXPECT_EQ(vgprs[0][0], 4U);
  EXPECT_EQ(vgprs[1][0], 0U);
  EXPECT_EQ(vgprs[2][0], 4U);
  const Kernel first = kernel_with(0, 0, Target::gfx1030);
  EXPECT_EQ(initial_vgprs(launch_of(first, {5, 3, 9}), 2).size(), 1U);
}

TEST(InitialExec, LanesPastTheBlockAreOff) {
  for (const unsigned threads : {1U, 31U, 33U, 40U, 63U}) {
    const Kernel one = kernel_with(0, 0);
    EXPECT_EQ(initial_exec(launch_of(one, {threads, 1, 1}), 0), (1ULL << threads) - 1) << threads;
  }
  const Kernel wide = kernel_with(0, 0);
  const Launch launch = launch_of(wide, {5, 3, 9});
  EXPECT_EQ(waves_of_block(launch), 3U);
  EXPECT_EQ(initial_exec(launch, 0), ~std::uint64_t{0});
  EXPECT_EQ(initial_exec(launch, 2), 0x7fU) << "135 - 128";
  const Kernel narrow = kernel_with(0, 0, Target::gfx1030);
  EXPECT_EQ(waves_of_block(launch_of(narrow, {5, 3, 9})), 5U);
  EXPECT_EQ(initial_exec(launch_of(narrow, {5, 3, 9}), 0), 0xffffffffU);
  EXPECT_EQ(initial_exec(launch_of(narrow, {32, 1, 1}), 0), 0xffffffffU);
}

}  // namespace
}  // namespace mlacheck::amd
