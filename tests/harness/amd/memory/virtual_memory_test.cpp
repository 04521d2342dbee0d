#include "harness/amd/memory/virtual_memory.hpp"

#include <gtest/gtest.h>

namespace mlacheck::amd {
namespace {

using Result = VirtualMemory::Result;
constexpr std::uint64_t kGranule = VirtualMemory::kGranule;

unsigned char& byte_at(std::uint64_t address) {
  return *reinterpret_cast<unsigned char*>(address);  // NOLINT(performance-no-int-to-ptr)
}

class VirtualMemoryTest : public testing::Test {
 protected:
  std::uint64_t reserved(std::uint64_t granules) {
    std::uint64_t address = 0;
    EXPECT_EQ(memory.reserve(granules * kGranule, 0, address), Result::success);
    return address;
  }
  VirtualMemory::Handle created(std::uint64_t granules) {
    VirtualMemory::Handle handle = 0;
    EXPECT_EQ(memory.create(granules * kGranule, handle), Result::success);
    return handle;
  }
  Allocations allocations;
  VirtualMemory memory{allocations};
};

TEST_F(VirtualMemoryTest, OnlyMappedGranulesWithAccessAreLive) {
  const std::uint64_t base = reserved(3);
  const auto handle = created(1);
  EXPECT_EQ(memory.map(base + kGranule, kGranule, 0, handle), Result::success);
  EXPECT_FALSE(allocations.contains(base + kGranule, 1));
  EXPECT_EQ(memory.set_access(base + kGranule, kGranule, true), Result::success);
  EXPECT_TRUE(allocations.contains(base + kGranule, kGranule));
  EXPECT_FALSE(allocations.contains(base + kGranule - 1, 1));
  EXPECT_FALSE(allocations.contains(base + 2 * kGranule, 1));
  byte_at(base + 2 * kGranule - 1) = 7;
  EXPECT_EQ(memory.unmap(base + kGranule, kGranule), Result::success);
  EXPECT_FALSE(allocations.contains(base + kGranule, 1));
}

TEST_F(VirtualMemoryTest, OneMemoryLiesAtManyAddresses) {
  const std::uint64_t base = reserved(4);
  const auto handle = created(2);
  for (const std::uint64_t index : {0U, 2U}) {
    ASSERT_EQ(memory.map(base + index * kGranule, 2 * kGranule, 0, handle), Result::success);
  }
  ASSERT_EQ(memory.set_access(base, 4 * kGranule, true), Result::success);
  byte_at(base + 5) = 42;
  EXPECT_EQ(byte_at(base + 2 * kGranule + 5), 42);
  EXPECT_TRUE(allocations.contains(base + 2 * kGranule - 2, 4)) << "across two mappings";
}

TEST_F(VirtualMemoryTest, ReleasedMemoryStaysWhileItIsMapped) {
  const std::uint64_t base = reserved(1);
  const auto handle = created(1);
  ASSERT_EQ(memory.map(base, kGranule, 0, handle), Result::success);
  ASSERT_EQ(memory.set_access(base, kGranule, true), Result::success);
  byte_at(base) = 9;
  EXPECT_EQ(memory.release(handle), Result::success);
  EXPECT_EQ(memory.release(handle), Result::invalid);
  const auto other = created(1);
  const std::uint64_t elsewhere = reserved(1);
  ASSERT_EQ(memory.map(elsewhere, kGranule, 0, other), Result::success);
  ASSERT_EQ(memory.set_access(elsewhere, kGranule, true), Result::success);
  byte_at(elsewhere) = 1;
  EXPECT_EQ(byte_at(base), 9);
}

TEST_F(VirtualMemoryTest, MemoryComesBackEmpty) {
  const std::uint64_t base = reserved(1);
  for (int round = 0; round < 2; ++round) {
    const auto handle = created(1);
    ASSERT_EQ(memory.map(base, kGranule, 0, handle), Result::success);
    ASSERT_EQ(memory.set_access(base, kGranule, true), Result::success);
    EXPECT_EQ(byte_at(base), 0) << "round " << round;
    byte_at(base) = 5;
    ASSERT_EQ(memory.unmap(base, kGranule), Result::success);
    ASSERT_EQ(memory.release(handle), Result::success);
  }
}

TEST_F(VirtualMemoryTest, WhatIsOffAGranuleTakenOrUnknownIsRefused) {
  const std::uint64_t base = reserved(2);
  const auto handle = created(1);
  std::uint64_t address = 0;
  VirtualMemory::Handle other = 0;
  EXPECT_EQ(memory.reserve(kGranule + 1, 0, address), Result::invalid);
  EXPECT_EQ(memory.reserve(kGranule, 3 * kGranule, address), Result::invalid);
  EXPECT_EQ(memory.create(0, other), Result::invalid);
  EXPECT_EQ(memory.map(base + 4096, kGranule, 0, handle), Result::invalid);
  EXPECT_EQ(memory.map(base + 2 * kGranule, kGranule, 0, handle), Result::invalid);
  EXPECT_EQ(memory.map(base, 2 * kGranule, 0, handle), Result::invalid) << "more than there is";
  EXPECT_EQ(memory.map(base, kGranule, 0, handle + 1), Result::invalid);
  ASSERT_EQ(memory.map(base, kGranule, 0, handle), Result::success);
  EXPECT_EQ(memory.map(base, kGranule, 0, handle), Result::invalid) << "taken";
  EXPECT_EQ(memory.unmap(base, 2 * kGranule), Result::invalid) << "half of it is not mapped";
  EXPECT_EQ(memory.release_addresses(base, 2 * kGranule), Result::invalid) << "still mapped";
  ASSERT_EQ(memory.unmap(base, kGranule), Result::success);
  EXPECT_EQ(memory.release_addresses(base, kGranule), Result::invalid) << "not the whole";
  EXPECT_EQ(memory.release_addresses(base, 2 * kGranule), Result::success);
}

TEST_F(VirtualMemoryTest, TellsWhichPagesWereTouched) {
  constexpr std::uint64_t kGranules = std::uint64_t{1} << 15;  // 64 GiB
  constexpr std::uint64_t kPage = 4096;
  const std::uint64_t base = reserved(kGranules + 1);
  const auto first = created(1);
  const auto rest = created(kGranules);
  ASSERT_EQ(memory.map(base, kGranule, 0, first), Result::success);
  ASSERT_EQ(memory.map(base + kGranule, kGranules * kGranule, 0, rest), Result::success);
  ASSERT_EQ(memory.set_access(base, (kGranules + 1) * kGranule, true), Result::success);
  EXPECT_EQ(memory.touched(base, (kGranules + 1) * kGranule), std::vector<ByteRange>{});
  byte_at(base + 3 * kPage) = 1;
  byte_at(base + (kGranules + 1) * kGranule - 1) = 1;
  EXPECT_EQ(
      memory.touched(base, (kGranules + 1) * kGranule),
      (std::vector<ByteRange>{{3 * kPage, kPage}, {(kGranules + 1) * kGranule - kPage, kPage}}));
  EXPECT_EQ(memory.touched(base, kGranule), (std::vector<ByteRange>{{3 * kPage, kPage}}));
  EXPECT_EQ(memory.touched(base, 2 * kGranule), std::nullopt) << "no whole mapping";
}

}  // namespace
}  // namespace mlacheck::amd
