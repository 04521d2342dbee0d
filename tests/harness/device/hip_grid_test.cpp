#include <gtest/gtest.h>

#include <string>

#include "harness/device/hip/grid_limit.hpp"

namespace mlacheck {
namespace {

Status checked(Dim3 grid, Dim3 block) { return check_hip_grid({"probe", grid, block, 0}); }

TEST(HipGrid, CountsThreadsOfAnAxisInThirtyTwoBits) {
  EXPECT_TRUE(checked({0x1ffffffU}, {128}).ok());
  EXPECT_TRUE(checked({0x7fffffffU}, {2}).ok());
  EXPECT_EQ(checked({0x2000000U}, {128}).code(), StatusCode::unsupported);
  EXPECT_EQ(checked({0x7fffffffU}, {3}).code(), StatusCode::unsupported);
}

TEST(HipGrid, EachAxisHasItsOwn) {
  EXPECT_TRUE(checked({0x1ffffffU, 65535, 65535}, {128, 4, 2}).ok());
}

TEST(HipGrid, NamesKernelAndExtents) {
  const std::string text = checked({0x2000000U}, {128}).message();
  EXPECT_NE(text.find("kernel probe: grid (33554432,1,1) of blocks (128,1,1)"), std::string::npos)
      << text;
}

}  // namespace
}  // namespace mlacheck
