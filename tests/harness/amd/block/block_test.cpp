// Waves of a block: barriers, what they share, what is reported.
#include "harness/amd/block/block.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "harness/amd/decode/program.hpp"
#include "tests/harness/amd/support/machine.hpp"

namespace mlacheck::amd::test {
namespace {

// Blocks of gfx90a; v0 is the lane's number in the block, s[0:1] the address of `memory`.
class Block : public testing::Test {
 protected:
  std::optional<Fault> run(const std::string& code, unsigned waves, u32 lds_bytes = 1024) {
    code_ = encoded(Target::gfx90a, {code})[0];
    Kernel kernel;
    kernel.name = "probe";
    kernel.code_begin = kernel.entry = reinterpret_cast<u64>(code_.data());
    kernel.code_end = kernel.code_begin + code_.size();
    kernel.vgprs = 16;
    kernel.rsrc1 = 0xf0U << 12;
    kernel.scratch_bytes = kScratchBytes;
    Allocations allocations;
    const u64 address = reinterpret_cast<u64>(memory_.data());
    allocations.add(address, 4 * memory_.size());
    BlockStart start;
    start.kernel = &kernel;
    start.block = {3, 0, 0};
    start.lds_bytes = lds_bytes;
    start.scratch_base = reinterpret_cast<u64>(scratch_.data());
    for (unsigned w = 0; w < waves; ++w) {
      WaveStart wave;
      wave.exec = ~u64{0};
      // s[4:7] is the buffer of scratch: swizzled, the lane's number added.
      const u64 scratch = start.scratch_base + u64{w} * kScratchBytes * 64;
      wave.sgprs = {low_word(address),
                    high_word(address),
                    w,
                    0,
                    low_word(scratch),
                    high_word(scratch) | 0x8000'0000U,
                    ~0U,
                    1U << 23};
      wave.vgprs.emplace_back();
      for (u32 lane = 0; lane < 64; ++lane) wave.vgprs[0].push_back(64 * w + lane);
      start.waves.push_back(wave);
    }
    auto fault = run_block(start, allocations);
    forget_code(kernel.code_begin);
    return fault;
  }

  static constexpr u32 kScratchBytes = 8;

  std::vector<u8> code_;
  std::vector<u32> scratch_ = std::vector<u32>(4 * 64 * kScratchBytes / 4, 0);
  std::vector<u32> memory_ = std::vector<u32>(256, 0);
};

// Each wave writes its part of LDS and reads the other's.
constexpr const char* kExchange =
    "v_lshlrev_b32 v1, 2, v0; v_add_u32 v2, 100, v0; ds_write_b32 v1, v2; BARRIER;"
    "v_xor_b32 v3, 0x100, v1; ds_read_b32 v4, v3; global_store_dword v1, v4, s[0:1]";

std::string with_barrier(std::string code, const std::string& barrier) {
  return code.replace(code.find("BARRIER"), 7, barrier);
}

TEST_F(Block, WavesMeetAtBarriers) {
  ASSERT_FALSE(run(with_barrier(kExchange, "s_barrier"), 2));
  for (u32 i = 0; i < 128; ++i) EXPECT_EQ(memory_[i], 100 + (i ^ 64U)) << i;
}

TEST_F(Block, AWaveThatEndsBeforeABarrierIsReported) {
  const auto fault = run("s_cmp_eq_u32 s2, 1; s_cbranch_scc1 1; s_barrier; s_nop 0", 3);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->kind, Fault::Kind::barrier);
  EXPECT_NE(fault->text.find("waves 0, 2 wait at a barrier, waves 1 have ended"), std::string::npos)
      << fault->text;
}

TEST_F(Block, AFaultNamesItsPlace) {
  const auto fault = run("s_nop 0; v_mov_b32 v1, 0x1000; global_load_dword v2, v1, s[0:1]", 2);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->kind, Fault::Kind::memory);
  for (const char* const part :
       {"memory load of 4 bytes at 0x", "'global_load_dword v2, v1, s[0:1]'", "lane 0",
        "kernel probe (gfx90a)", "block (3, 0, 0)", "wave 0", "entry + 0xc"}) {
    EXPECT_NE(fault->text.find(part), std::string::npos) << part << " in " << fault->text;
  }
}

TEST_F(Block, AnUnknownInstructionIsRefusedByName) {
  const auto fault = run("s_ttracedata", 1);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->kind, Fault::Kind::unknown_instruction);
  for (const char* const part :
       {"'s_ttracedata'", "is not known", "kernel probe (gfx90a)", "entry + 0x0"}) {
    EXPECT_NE(fault->text.find(part), std::string::npos) << part << " in " << fault->text;
  }
}

TEST_F(Block, CodeThatLeavesItsSectionIsReported) {
  const auto fault = run("s_mov_b64 s[4:5], 0; s_setpc_b64 s[4:5]", 1);
  ASSERT_TRUE(fault);
  EXPECT_NE(fault->text.find("program counter 0x0 is outside"), std::string::npos) << fault->text;
}

TEST_F(Block, ScratchIsInterleavedByDwords) {
  for (const char* const address : {"off, s[4:7], 0 offset:4", "v1, s[4:7], 0 offen"}) {
    std::fill(scratch_.begin(), scratch_.end(), 0U);
    ASSERT_FALSE(run("v_mov_b32 v1, 4; buffer_store_dword v0, " + std::string(address), 2));
    for (u32 w = 0; w < 2; ++w) {
      for (u32 lane = 0; lane < 64; ++lane) {
        EXPECT_EQ(scratch_[w * 128 + lane], 0U) << address;
        EXPECT_EQ(scratch_[w * 128 + 64 + lane], 64 * w + lane) << address;
      }
    }
  }
}

TEST_F(Block, CountsInstructions) {
  const u64 before = executed_instructions();
  ASSERT_FALSE(run("s_nop 0; s_nop 0", 2));
  EXPECT_EQ(executed_instructions() - before, 6);
}

}  // namespace
}  // namespace mlacheck::amd::test
