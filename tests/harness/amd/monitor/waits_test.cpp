// Registers used before the s_waitcnt that their load needs.
#include "harness/amd/monitor/waits.hpp"

#include <gtest/gtest.h>

#include "tests/harness/amd/support/checked_launch.hpp"

namespace mlacheck::amd::test {
namespace {

constexpr Checks kWaits{false, true, false, false};

std::string found(const std::string& code, Target target = Target::gfx90a) {
  return CheckedLaunch(target).run(code, kWaits);
}

void expect_found(const std::string& code, const std::string& text,
                  Target target = Target::gfx90a) {
  const std::string fault = found(code, target);
  EXPECT_NE(fault.find(text), std::string::npos) << code << "\n" << fault;
}

constexpr const char* kLoad = "v_lshlrev_b32 v1, 2, v0; global_load_dword v2, v1, s[0:1]; ";

TEST(Waits, UseBeforeTheWaitNamesLoadRegisterAndPlace) {
  const std::string fault = found(std::string(kLoad) + "v_add_u32 v3, v2, v2");
  EXPECT_NE(fault.find("register v2 is read while 'global_load_dword v2, v1, s[0:1]'"),
            std::string::npos)
      << fault;
  EXPECT_NE(
      fault.find("'v_add_u32_e32 v3, v2, v2', kernel probe (gfx90a), block (0, 0, 0), wave 0"),
      std::string::npos)
      << fault;
  EXPECT_NE(fault.find("entry + 0xc"), std::string::npos) << fault;
}

TEST(Waits, AWaitForTheCounterIsEnough) {
  EXPECT_EQ(found(std::string(kLoad) + "s_waitcnt vmcnt(0); v_add_u32 v3, v2, v2"), "");
  EXPECT_EQ(
      found(std::string(kLoad) + "v_add_u32 v3, v1, v1; s_waitcnt vmcnt(0); v_mov_b32 v4, v2"), "");
}

TEST(Waits, TheOtherCounterIsNot) {
  expect_found(std::string(kLoad) + "s_waitcnt lgkmcnt(0); v_add_u32 v3, v2, v2", "register v2");
  expect_found("s_load_dword s8, s[0:1], 0x0; s_waitcnt vmcnt(0); s_add_u32 s9, s8, 1",
               "register s8 is read");
  expect_found(
      "v_lshlrev_b32 v1, 2, v0; ds_write_b32 v1, v0; ds_read_b32 v2, v1; s_waitcnt vmcnt(0); "
      "v_mov_b32 v3, v2",
      "'ds_read_b32 v2, v1'");
}

TEST(Waits, OverwritingIsAUse) {
  expect_found(std::string(kLoad) + "v_mov_b32 v2, 0", "register v2 is overwritten");
}

// Loads of one kind return in order: the later one's value stays.
TEST(Waits, OverwritingByALaterLoad) {
  EXPECT_EQ(found(std::string(kLoad) + "global_load_dword v2, v1, s[0:1]"), "");
  expect_found(std::string(kLoad) + "global_load_dword v2, v1, s[0:1]; v_mov_b32 v3, v2",
               "register v2 is read");
  expect_found(std::string(kLoad) + "ds_write_b32 v1, v0; ds_read_b32 v2, v1", "v2 is overwritten");
  expect_found("s_load_dword s8, s[0:1], 0x0; s_load_dword s8, s[0:1], 0x4", "s8 is overwritten");
}

// Vector memory returns in order: a count of one leaves the second load.
TEST(Waits, CountsLeaveTheNewest) {
  const std::string two = std::string(kLoad) + "global_load_dword v3, v1, s[0:1]; ";
  EXPECT_EQ(found(two + "s_waitcnt vmcnt(1); v_mov_b32 v4, v2"), "");
  expect_found(two + "s_waitcnt vmcnt(1); v_mov_b32 v4, v3", "register v3 is read");
  // On gfx9 a store is one of them.
  EXPECT_EQ(found(std::string(kLoad) +
                  "global_store_dword v1, v0, s[0:1]; s_waitcnt vmcnt(1); v_mov_b32 v4, v2"),
            "");
}

TEST(Waits, StoresCountApartOnGfx10) {
  const std::string code = std::string(kLoad) + "global_store_dword v1, v0, s[0:1]; ";
  expect_found(code + "s_waitcnt vmcnt(1); v_mov_b32 v4, v2", "register v2", Target::gfx1030);
  expect_found(code + "s_waitcnt_vscnt null, 0x0; v_mov_b32 v4, v2", "register v2",
               Target::gfx1030);
  EXPECT_EQ(found(code + "s_waitcnt vmcnt(0); v_mov_b32 v4, v2", Target::gfx1030), "");
}

// Scalar loads return in any order, so that only a count of zero says anything.
TEST(Waits, ScalarLoadsNeedZero) {
  const std::string two = "s_load_dword s8, s[0:1], 0x0; s_load_dword s9, s[0:1], 0x4; ";
  expect_found(two + "s_waitcnt lgkmcnt(1); s_add_u32 s10, s8, 1", "register s8");
  EXPECT_EQ(found(two + "s_waitcnt lgkmcnt(0); s_add_u32 s10, s8, 1"), "");
}

// LDS is in order with itself, and unordered with scalar loads that share the counter.
TEST(Waits, LdsAmongScalarLoads) {
  const std::string read = "v_lshlrev_b32 v1, 2, v0; ds_write_b32 v1, v0; ds_read_b32 v2, v1; ";
  EXPECT_EQ(found(read + "ds_write_b32 v1, v0; s_waitcnt lgkmcnt(1); v_mov_b32 v3, v2"), "");
  expect_found(read + "s_load_dword s8, s[0:1], 0x0; s_waitcnt lgkmcnt(1); v_mov_b32 v3, v2",
               "register v2");
}

TEST(Waits, FlatNeedsBothCounters) {
  const std::string load = "v_mov_b32 v2, s0; v_mov_b32 v3, s1; flat_load_dword v4, v[2:3]; ";
  expect_found(load + "s_waitcnt vmcnt(0); v_mov_b32 v5, v4", "register v4");
  expect_found(load + "s_waitcnt lgkmcnt(0); v_mov_b32 v5, v4", "register v4");
  EXPECT_EQ(found(load + "s_waitcnt vmcnt(0) lgkmcnt(0); v_mov_b32 v5, v4"), "");
}

TEST(Waits, AddressesAndStoredDataMayBeOverwritten) {
  EXPECT_EQ(found("v_lshlrev_b32 v1, 2, v0; global_store_dword v1, v0, s[0:1]; v_mov_b32 v1, 0; "
                  "v_mov_b32 v0, 0"),
            "");
}

// A barrier does not wait for LDS.
TEST(Waits, LdsOfAnotherWave) {
  const auto exchange = [](const std::string& between) {
    return CheckedLaunch().run(
        "v_lshlrev_b32 v1, 2, v0; v_xor_b32 v3, 0x100, v1; ds_write_b32 v1, v0; " + between +
            "s_barrier; ds_read_b32 v4, v3",
        kWaits, 2);
  };
  EXPECT_EQ(exchange("s_waitcnt lgkmcnt(0); "), "");
  const std::string fault = exchange("");
  EXPECT_NE(
      fault.find("LDS at 256 is read while 'ds_write_b32 v1, v0' of another wave at entry + 0xc "
                 "may still be writing it"),
      std::string::npos)
      << fault;
}

// Both places of an instruction that has two.
TEST(Waits, LdsInPairs) {
  const auto exchange = [](const std::string& write, const std::string& read) {
    return CheckedLaunch().run(
        "v_lshlrev_b32 v1, 2, v0; v_xor_b32 v3, 0x100, v1; " + write + "; s_barrier; " + read,
        kWaits, 2);
  };
  const std::string two = "ds_write2_b32 v1, v0, v0 offset1:128";
  EXPECT_NE(exchange(two, "ds_read_b32 v4, v3 offset:512").find("LDS at "), std::string::npos);
  EXPECT_NE(exchange("ds_write_b32 v1, v0 offset:512; ds_write_b32 v1, v0",
                     "ds_read2_b32 v[4:5], v3 offset1:128")
                .find("LDS at "),
            std::string::npos);
  EXPECT_EQ(exchange(two + "; s_waitcnt lgkmcnt(0)", "ds_read2_b32 v[4:5], v3 offset1:128"), "");
  EXPECT_EQ(exchange(two, "ds_read_b32 v4, v1"), "");  // its own
}

TEST(Waits, LoadsToLds) {
  const std::string load =
      "s_mov_b32 s8, s0; s_mov_b32 s9, s1; s_mov_b32 s10, -1; s_mov_b32 s11, 0; s_mov_b32 m0, 0; "
      "v_lshlrev_b32 v1, 2, v0; buffer_load_dword v1, s[8:11], 0 offen lds; ";
  EXPECT_EQ(found(load + "s_waitcnt vmcnt(0); ds_read_b32 v2, v1"), "");
  expect_found(load + "ds_read_b32 v2, v1", "of this wave at entry + 0x18 may still be writing it");
}

TEST(Waits, EveryWaveCountsForItself) {
  CheckedLaunch launch;
  const std::string fault = launch.run(
      "v_lshlrev_b32 v1, 2, v0; global_load_dword v2, v1, s[0:1]; s_cmp_eq_u32 s2, 1; "
      "s_cbranch_scc1 1; s_waitcnt vmcnt(0); v_mov_b32 v3, v2",
      kWaits, 2);
  EXPECT_NE(fault.find("wave 1"), std::string::npos) << fault;
}

}  // namespace
}  // namespace mlacheck::amd::test
