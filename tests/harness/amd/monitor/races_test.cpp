// Conflicting accesses of waves and of blocks.
#include "harness/amd/monitor/races.hpp"

#include <gtest/gtest.h>

#include "tests/harness/amd/support/checked_launch.hpp"

namespace mlacheck::amd::test {
namespace {

constexpr Checks kRaces{false, false, false, true};

std::string found(const std::string& code, unsigned waves, unsigned blocks = 1) {
  return CheckedLaunch().run(code, kRaces, waves, blocks);
}

// Each wave writes its words of LDS and reads the other's.
std::string exchange(const std::string& between) {
  return "v_lshlrev_b32 v1, 2, v0; v_xor_b32 v3, 0x100, v1; ds_write_b32 v1, v0; ds_write_b32 v3, "
         "v0; " +
         between + "ds_read_b32 v4, v1";
}

TEST(Races, LdsBetweenBarriers) {
  const std::string write =
      "v_lshlrev_b32 v1, 2, v0; v_xor_b32 v3, 0x100, v1; ds_write_b32 v1, v0; ";
  EXPECT_EQ(found(write + "s_barrier; ds_read_b32 v4, v3", 2), "");
  EXPECT_EQ(found(write + "ds_read_b32 v4, v1", 2), "");  // its own
  const std::string fault = found(exchange(""), 2);
  EXPECT_NE(
      fault.find("race in LDS: a store changes the byte at 0x100, which wave 0 has written since "
                 "the last barrier"),
      std::string::npos)
      << fault;
  EXPECT_NE(
      fault.find("'ds_write_b32 v1, v0', lane 0, kernel probe (gfx90a), block (0, 0, 0), wave 1"),
      std::string::npos)
      << fault;
}

// Wave 0 reads what wave 1 overwrites: found in whatever order they run.
TEST(Races, OverwritingWhatAnotherWaveReads) {
  const std::string code =
      "v_lshlrev_b32 v1, 2, v0; ds_write_b32 v1, v0; s_barrier; s_cmp_eq_u32 s2, 1; s_cbranch_scc1 "
      "3; "
      "ds_read_b32 v4, v1; s_branch 4; v_xor_b32 v1, 0x100, v1; ds_write_b32 v1, v0";
  EXPECT_NE(found(code, 2).find("a store changes the byte at 0x0, which wave 0 has read"),
            std::string::npos)
      << found(code, 2);
}

// Wave 1 reads the byte as well before it overwrites it: that wave 0 has read it is not forgotten.
TEST(Races, OverwritingWhatBothWavesRead) {
  const std::string fault = found(
      "v_mov_b32 v1, 0; v_mov_b32 v2, 5; s_cmp_eq_u32 s2, 1; s_cbranch_scc1 4; ds_write_b32 v1, "
      "v2; "
      "s_barrier; s_branch 1; s_barrier; ds_read_b32 v4, v1; s_cmp_eq_u32 s2, 1; "
      "s_cbranch_scc0 2; ds_write_b32 v1, v2",
      2);
  EXPECT_NE(fault.find("a store changes the byte at 0x0, which wave 0 has read"), std::string::npos)
      << fault;
}

// Both places of an instruction that has two.
TEST(Races, LdsInPairs) {
  const std::string address = "v_lshlrev_b32 v1, 2, v0; v_xor_b32 v3, 0x100, v1; ";
  EXPECT_NE(found(address + "ds_write_b32 v1, v0; ds_write2_b32 v1, v0, v0 offset1:64", 2)
                .find("race in LDS"),
            std::string::npos);
  EXPECT_EQ(found(address + "ds_write2_b32 v1, v0, v0 offset1:128", 2), "");
}

// FLAT may reach LDS.
TEST(Races, FlatToLds) {
  const std::string address =
      "v_mov_b32 v2, 0; s_mov_b64 s[8:9], src_shared_base; v_mov_b32 v3, s9; v_mov_b32 v4, 0; ";
  EXPECT_NE(found(address + "flat_store_dword v[2:3], v0", 2).find("race in LDS"),
            std::string::npos);
  EXPECT_NE(
      found(address + "ds_write_b32 v4, v0; flat_store_dword v[2:3], v0", 2).find("race in LDS"),
      std::string::npos);
  EXPECT_EQ(found(address + "v_lshlrev_b32 v2, 2, v0; flat_store_dword v[2:3], v0", 2), "");
}

TEST(Races, AtomicsAreOrderedAmongThemselves) {
  const std::string add = "v_mov_b32 v1, 0; v_mov_b32 v2, 1; ds_add_u32 v1, v2";
  EXPECT_EQ(found(add, 2), "");
  EXPECT_NE(found(add + "; ds_write_b32 v1, v2", 2).find("race in LDS"), std::string::npos);
  EXPECT_NE(found(add + "; ds_read_b32 v3, v1", 2).find("race in LDS"), std::string::npos);
  EXPECT_EQ(found(add + "; s_barrier; ds_read_b32 v3, v1", 2), "");
}

TEST(Races, BlocksInMemory) {
  const std::string same = "v_lshlrev_b32 v1, 2, v0; global_store_dword v1, v0, s[0:1]";
  const std::string fault = found(same, 1, 2);
  EXPECT_NE(fault.find("race in memory: a store changes the byte at"), std::string::npos) << fault;
  EXPECT_NE(
      fault.find("which wave 0 of block number 0 has written, and nothing orders the two blocks"),
      std::string::npos)
      << fault;
  EXPECT_NE(fault.find("block (1, 0, 0)"), std::string::npos) << fault;
  // Each block its own words, down to bytes.
  EXPECT_EQ(
      found("s_lshl_b32 s8, s3, 6; v_add_u32 v1, s8, v0; global_store_byte v1, v0, s[0:1]", 1, 3),
      "");
  EXPECT_NE(
      found("s_lshl_b32 s8, s3, 5; v_add_u32 v1, s8, v0; global_store_byte v1, v0, s[0:1]", 1, 3),
      "");
  // One block reads what another has written.
  EXPECT_NE(found("v_lshlrev_b32 v1, 2, v0; s_cmp_eq_u32 s3, 0; s_cbranch_scc1 3; "
                  "global_load_dword v2, v1, s[0:1]; s_branch 2; global_store_dword v1, v0, s[0:1]",
                  1, 2)
                .find("a load reads"),
            std::string::npos);
  EXPECT_NE(found("s_cmp_eq_u32 s3, 0; s_cbranch_scc1 3; s_load_dword s8, s[0:1], 0x0; s_branch 4; "
                  "v_mov_b32 v1, 0; global_store_dword v1, v0, s[0:1]; s_nop 0",
                  1, 2),
            "");
}

TEST(Races, WavesInMemory) {
  const std::string code =
      "v_and_b32 v1, 63, v0; v_lshlrev_b32 v1, 2, v1; global_store_dword v1, v0, s[0:1]";
  EXPECT_NE(found(code, 2).find("race in memory"), std::string::npos);
  EXPECT_EQ(
      found("v_lshlrev_b32 v1, 2, v0; v_xor_b32 v3, 0x100, v1; global_store_dword v1, v0, s[0:1]; "
            "s_barrier; global_load_dword v2, v3, s[0:1]",
            2),
      "");
}

// An atomic of eight bytes conflicts in its second half.
TEST(Races, WideAtomics) {
  const std::string code =
      "v_mov_b32 v1, 0; v_mov_b32 v2, 1; v_mov_b32 v3, 0; s_mov_b64 exec, 1; s_cmp_eq_u32 s3, 0; "
      "s_cbranch_scc1 3; global_store_dword v1, v2, s[0:1] offset:4; s_branch 2; "
      "global_atomic_add_x2 v1, v[2:3], s[0:1]; s_nop 0";
  EXPECT_NE(found(code, 1, 2).find("race in memory"), std::string::npos);
}

// The last block to add reads what the others have stored.
TEST(Races, AnAtomicThatIsReadOrdersBlocks) {
  const std::string store =
      "v_mov_b32 v3, s3; v_lshlrev_b32 v1, 2, v3; v_mov_b32 v2, 1; v_mov_b32 v4, 0x1000; s_mov_b64 "
      "exec, 1; "
      "global_store_dword v1, v2, s[0:1]; ";
  const std::string read =
      "; s_cmp_eq_u32 s3, 1; s_cbranch_scc0 3; v_mov_b32 v6, 0; "
      "global_load_dword v7, v6, s[0:1]";
  EXPECT_EQ(found(store + "global_atomic_add v5, v4, v2, s[0:1] glc" + read, 1, 2), "");
  EXPECT_NE(found(store + "global_atomic_add v4, v2, s[0:1]" + read, 1, 2).find("a load reads"),
            std::string::npos);
  // What comes after the atomic is not ordered by it.
  EXPECT_NE(found("v_mov_b32 v2, 1; v_mov_b32 v4, 0x1000; v_mov_b32 v6, 0; s_mov_b64 exec, 1; "
                  "global_atomic_add v5, v4, v2, s[0:1] glc; global_store_dword v6, v2, s[0:1]",
                  1, 2),
            "");
}

// What LLVM makes of a float's atomicAdd: a plain load, and a compare-and-swap until nobody was faster.
TEST(Races, FirstGuessOfACompareAndSwap) {
  for (const std::string load :
       {"global_load_dword v3, v1, s[0:1]; s_waitcnt vmcnt(0); ",
        "s_load_dword s8, s[0:1], 0x0; s_waitcnt lgkmcnt(0); v_mov_b32 v3, s8; "}) {
    const std::string guess =
        "v_mov_b32 v1, 0; s_mov_b64 exec, 1; " + load + "v_add_u32 v2, 1, v3; ";
    const std::string swap = guess + "global_atomic_cmpswap v5, v1, v[2:3], s[0:1] glc";
    EXPECT_EQ(found(swap, 3), "");
    EXPECT_EQ(found(swap, 2, 3), "");
    // Another atomic does not look at what was loaded.
    const std::string add = guess + "global_atomic_add v5, v1, v2, s[0:1] glc";
    EXPECT_NE(found(add, 2).find("race in memory"), std::string::npos);
    EXPECT_NE(found(add, 1, 2).find("race in memory"), std::string::npos);
    // Nor does a compare-and-swap of another place.
    EXPECT_NE(found(guess + "global_atomic_add v5, v1, v2, s[0:1] glc; "
                            "global_atomic_cmpswap v5, v1, v[2:3], s[0:1] offset:8 glc",
                    2)
                  .find("race in memory"),
              std::string::npos);
  }
  const std::string both =
      "v_mov_b32 v1, 0; v_mov_b32 v2, 1; s_mov_b64 exec, 1; ds_add_u32 v1, v2; ";
  EXPECT_EQ(found(both + "ds_read_b32 v4, v1; ds_cmpst_rtn_b32 v5, v1, v4, v2", 2), "");
  EXPECT_NE(found(both + "ds_read_b32 v4, v1; ds_add_u32 v1, v2", 2).find("race in LDS"),
            std::string::npos);
}

// The second block waits for a flag by loads that go past the caches, and reads what was stored before it.
TEST(Races, FlagsBetweenBlocks) {
  const auto code = [](const std::string& cached) {
    return "v_mov_b32 v1, 0; v_mov_b32 v2, 1; s_mov_b64 exec, 1; s_cmp_eq_u32 s3, 0; "
           "s_cbranch_scc0 7; "
           "global_store_dword v1, v2, s[0:1] offset:64; s_waitcnt vmcnt(0); "
           "global_store_dword v1, v2, s[0:1]; s_branch 6; s_nop 0; "
           "global_load_dword v3, v1, s[0:1] " +
           cached + "; s_waitcnt vmcnt(0); global_load_dword v4, v1, s[0:1] offset:64";
  };
  EXPECT_EQ(found(code("glc"), 1, 2), "");
  for (const std::string cached : {"", "glc slc"}) {
    EXPECT_NE(found(code(cached), 1, 2).find("a load reads"), std::string::npos) << cached;
  }
}

}  // namespace
}  // namespace mlacheck::amd::test
