#include "harness/amd/dispatch/dispatch.hpp"

#include <gtest/gtest.h>

#include "harness/amd/code_object/code_object.hpp"
#include "tests/harness/amd/support/assembled.hpp"

namespace mlacheck::amd {
namespace {

TEST(Dispatch, BlocksLargerThanTheCodeIsForAreRefused) {
  test::KernelText text;
  text.code =
      "v_mov_b32_e32 v0, 0\nv_mov_b32_e32 v1, 0\nglobal_load_dword v2, v[0:1], off\ns_endpgm";
  text.most_threads = 64;
  const std::vector<std::byte> file = test::assembled(Target::gfx90a, text);
  const CodeObject loaded{file};
  Launch launch;
  launch.kernel = &loaded.kernels().front();
  launch.threads = {65, 1, 1};
  Allocations allocations;
  const auto fault = dispatch(launch, allocations, std::nullopt);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->kind, Fault::Kind::limits);
  EXPECT_NE(fault->text.find("block of 65 threads: expected at most the 64"), std::string::npos)
      << fault->text;
  launch.threads = {64, 1, 1};
  EXPECT_EQ(dispatch(launch, allocations, std::nullopt)->kind, Fault::Kind::memory);
}

}  // namespace
}  // namespace mlacheck::amd
