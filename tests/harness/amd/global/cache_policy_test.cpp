// Cache policies of gfx942, which change no value.
#include <gtest/gtest.h>

#include "tests/harness/amd/support/machine.hpp"

namespace mlacheck::amd::test {
namespace {

TEST(CachePolicy, ChangesNoValue) {
  const auto code = encoded(Target::gfx942, {"global_load_ubyte v64, v2, s[40:41] nt",
                                             "global_load_ubyte v64, v2, s[40:41] sc0 sc1"});
  for (const std::vector<u8>& one : code) {
    Machine machine(Target::gfx942, one);
    machine.memory().at(5) = 0x9c;
    machine.wave().vector[2].fill(5);
    const auto fault = machine.run();
    ASSERT_FALSE(fault) << fault->text;
    EXPECT_EQ(machine.wave().vector[64][3], 0x9cU);
  }
}

}  // namespace
}  // namespace mlacheck::amd::test
