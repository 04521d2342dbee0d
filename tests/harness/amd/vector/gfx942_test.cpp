// Vector instructions that gfx942 adds to gfx90a.
#include <gtest/gtest.h>

#include "tests/harness/amd/support/machine.hpp"

namespace mlacheck::amd::test {
namespace {

TEST(Gfx942Vector, ShiftsAndAddsSixtyFourBits) {
  const auto code = encoded(Target::gfx942, {"v_lshl_add_u64 v[64:65], v[2:3], 3, v[4:5]",
                                             "v_lshl_add_u64 v[64:65], s[2:3], v6, v[4:5]"});
  for (const std::vector<u8>& one : code) {
    Machine machine(Target::gfx942, one);
    Wave& wave = machine.wave();
    const u64 a = 0x2000'0000'8000'0001;
    wave.vector[2].fill(low_word(a));
    wave.vector[3].fill(high_word(a));
    wave.scalar[2] = low_word(a);
    wave.scalar[3] = high_word(a);
    wave.vector[4].fill(0xffff'ffff);
    wave.vector[5].fill(1);
    wave.vector[6].fill(3);
    ASSERT_FALSE(machine.run());
    // The bits above are lost, the low word carries.
    EXPECT_EQ(hexadecimal(joined(wave.vector[64][9], wave.vector[65][9])),
              hexadecimal((a << 3) + 0x1'ffff'ffff));
  }
}

}  // namespace
}  // namespace mlacheck::amd::test
