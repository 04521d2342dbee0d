#include "harness/amd/dispatch/kernarg.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <stdexcept>

namespace mlacheck::amd {
namespace {

template <class T>
T at(const std::vector<std::byte>& block, std::size_t offset) {
  T value;
  std::memcpy(&value, block.data() + offset, sizeof value);
  return value;
}

TEST(Kernarg, PlacesArgumentsAndHiddenOnes) {
  Kernel kernel;
  kernel.kernarg_bytes = 48;
  kernel.arguments = {{"a", "by_value", 0, 2},
                      {"b", "global_buffer", 8, 8},
                      {"", "hidden_block_count_y", 16, 4},
                      {"", "hidden_group_size_z", 20, 2},
                      {"", "hidden_remainder_x", 22, 2},
                      {"", "hidden_global_offset_x", 24, 8},
                      {"", "hidden_grid_dims", 32, 2},
                      {"", "hidden_dynamic_lds_size", 36, 4},
                      {"", "hidden_none", 40, 8}};
  Launch launch;
  launch.kernel = &kernel;
  launch.blocks = {2, 3, 4};
  launch.threads = {5, 6, 7};
  launch.dynamic_lds = 99;
  const std::uint16_t a = 0x1234;
  const std::uint64_t b = 0x1122334455667788;
  const void* const arguments[] = {&a, &b};
  const std::vector<std::byte> block = kernarg_block(launch, arguments);
  ASSERT_EQ(block.size(), 48U);
  EXPECT_EQ(at<std::uint64_t>(block, 0), 0x1234U);
  EXPECT_EQ(at<std::uint64_t>(block, 8), b);
  EXPECT_EQ(at<std::uint32_t>(block, 16), 3U);
  EXPECT_EQ(at<std::uint16_t>(block, 20), 7U);
  EXPECT_EQ(at<std::uint16_t>(block, 22), 0U);
  EXPECT_EQ(at<std::uint64_t>(block, 24), 0U);
  EXPECT_EQ(at<std::uint16_t>(block, 32), 3U);
  EXPECT_EQ(at<std::uint32_t>(block, 36), 99U);
}

TEST(Kernarg, UnknownHiddenArgumentsAreRefused) {
  Kernel kernel;
  kernel.kernarg_bytes = 8;
  kernel.arguments = {{"", "hidden_private_base", 0, 4}};
  Launch launch;
  launch.kernel = &kernel;
  EXPECT_THROW(kernarg_block(launch, nullptr), std::invalid_argument);
}

}  // namespace
}  // namespace mlacheck::amd
