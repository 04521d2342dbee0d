// Loads of several dwords from memory to LDS, gfx950.
#include <gtest/gtest.h>

#include <cstring>

#include "harness/amd/decode/bind.hpp"
#include "harness/amd/decode/table.hpp"
#include "tests/harness/amd/support/checked_launch.hpp"
#include "tests/harness/amd/support/machine.hpp"

namespace mlacheck::amd::test {
namespace {

// buffer_load_dwordx4 and x3 v2, s[8:11], 0 offen offset:64 lds
const std::vector<u32> kFour{0xe05d1040, 0x80020002};
const std::vector<u32> kThree{0xe0591040, 0x80020002};

u32 word_of_lds(const Wave& wave, unsigned at) {
  u32 word = 0;
  std::memcpy(&word, &wave.block->lds.at(at), 4);
  return word;
}

TEST(LdsLoads, OfSeveralDwords) {
  for (const unsigned count : {3U, 4U}) {
    Machine machine(Target::gfx950, bytes_of(count == 4 ? kFour : kThree));
    Wave& wave = machine.wave();
    for (u32 i = 0; i < Machine::kMemoryBytes / 4; ++i) {
      std::memcpy(&machine.memory().at(4 * i), &i, 4);
    }
    const unsigned records = 4 * count * 50 + 64 + 4;  // the last lanes read past them
    wave.scalar[8] = wave.scalar[40];
    wave.scalar[9] = wave.scalar[41];
    wave.scalar[10] = records;
    wave.scalar[11] = 0;
    wave.scalar[ScalarRegister::kM0] = 0x200;
    // In reverse: where it goes depends on the lane alone.
    for (u32 lane = 0; lane < 64; ++lane) wave.vector[2][lane] = 4 * count * (63 - lane);
    const auto fault = machine.run();
    ASSERT_FALSE(fault) << fault->text;
    for (unsigned lane = 0; lane < 64; ++lane) {
      for (unsigned w = 0; w < count; ++w) {
        const u32 from = 64 + 4 * count * (63 - lane) + 4 * w;
        EXPECT_EQ(word_of_lds(wave, 0x240 + 4 * count * lane + 4 * w),
                  from < records ? from / 4 : 0)
            << count << " " << lane << " " << w;
      }
    }
  }
}

// gfx950 has 160 KiB of LDS, the others 64: how much of M0 counts.
TEST(LdsLoads, PastSixtyFourKilobytes) {
  const auto place = [](Target target) {
    Machine machine(target, bytes_of({0xe0511000, 0x80020002}));  // buffer_load_dword ... lds
    Wave& wave = machine.wave();
    wave.block->lds.assign(160 * 1024, 0xff);
    wave.block->lds_written.assign(160 * 1024 + sizeof(u32), 0);
    wave.scalar[8] = wave.scalar[40];
    wave.scalar[9] = wave.scalar[41];
    wave.scalar[10] = ~0U;
    wave.scalar[11] = 0;
    wave.scalar[ScalarRegister::kM0] = 0xfffd'4000;
    wave.vector[2].fill(0);
    const auto fault = machine.run();
    EXPECT_FALSE(fault) << fault->text;
    return word_of_lds(wave, 0x1'4000) == 0 ? 0x1'4000
           : word_of_lds(wave, 0x4000) == 0 ? 0x4000
                                            : 0;
  };
  EXPECT_EQ(place(Target::gfx950), 0x1'4000);
  EXPECT_EQ(place(Target::gfx942), 0x4000);
}

TEST(LdsLoads, OfSeveralDwordsAreOfGfx950Only) {
  const auto instruction =
      parse_instruction("buffer_load_dwordx4 v2, s[8:11], 0 offen offset:64 lds", 8);
  ASSERT_TRUE(instruction);
  EXPECT_NO_THROW(bind_operation(*instruction, Target::gfx950, 64));
  EXPECT_THROW(bind_operation(*instruction, Target::gfx942, 64), Unknown);
}

// The checks know how much they write: the last byte is one of lane 63.
TEST(LdsLoads, OfSeveralDwordsUnderChecks) {
  const auto found = [](const Checks& checks, const std::string& after, unsigned waves) {
    const std::string before =
        "s_mov_b32 s8, s0; s_mov_b32 s9, s1; s_mov_b32 s10, -1; s_mov_b32 s11, 0; s_mov_b32 m0, 0; "
        "s_nop 0; v_lshlrev_b32 v2, 4, v0; v_mov_b32 v1, 1020; v_mov_b32 v3, 0; "
        "s_cmp_eq_u32 s2, 1; s_cbranch_scc1 2";
    const auto parts = encoded(Target::gfx942, {before, after});
    std::vector<u8> code(parts[0].begin(), parts[0].end() - 4);  // without s_endpgm
    const std::vector<u8> load = bytes_of({0xe05d1000, 0x80020002});
    code.insert(code.end(), load.begin(), load.end() - 4);
    code.insert(code.end(), parts[1].begin(), parts[1].end());
    return CheckedLaunch(Target::gfx950).run_bytes(code, checks, waves);
  };
  constexpr Checks kWaits{false, true, false, false};
  constexpr Checks kRaces{false, false, false, true};
  EXPECT_NE(found(kWaits, "ds_read_b32 v4, v1", 1).find("may still be writing it"),
            std::string::npos);
  EXPECT_EQ(found(kWaits, "s_waitcnt vmcnt(0); ds_read_b32 v4, v1", 1), "");
  EXPECT_NE(found(kRaces, "s_waitcnt vmcnt(0); ds_read_b32 v4, v1", 2).find("race in LDS"),
            std::string::npos);
  EXPECT_EQ(found(kRaces, "s_waitcnt vmcnt(0); s_barrier; ds_read_b32 v4, v1", 2), "");
}

}  // namespace
}  // namespace mlacheck::amd::test
