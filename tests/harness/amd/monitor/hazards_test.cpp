// Wait states that software has to provide. Numbers: AMD's ISA guides for CDNA 2 and 3, "Manually Inserted
// Wait States".
#include "harness/amd/monitor/hazards.hpp"

#include <gtest/gtest.h>

#include "harness/amd/wave/failure.hpp"
#include "tests/harness/amd/support/checked_launch.hpp"

namespace mlacheck::amd::test {
namespace {

constexpr Checks kHazards{false, false, true, false};

// Writes what the register holds.
const std::string kWriteBase = "v_mov_b32 v20, s0; s_nop 0; v_readfirstlane_b32 s0, v20";

// s[8:11] describe the memory, v1 is an offset.
const std::string kBuffer =
    "s_mov_b32 s8, s0; s_mov_b32 s9, s1; s_mov_b32 s10, -1; s_mov_b32 s11, 0; v_lshlrev_b32 v1, 2, "
    "v0; ";

struct Pair {
  Target target;
  std::string first;   ///< sets up, ends with the earlier instruction of the pair
  std::string second;  ///< the later one
  unsigned states;     ///< that are needed in between
};

// One wait state too few is found, and the text says how many are needed; just enough passes.
void expect_exactly(const Pair& pair) {
  const auto with = [&](unsigned states) {
    std::string code = pair.first;
    for (unsigned i = 0; i < states; ++i) code += "; s_nop 0";
    return CheckedLaunch(pair.target).run(code + "; " + pair.second, kHazards);
  };
  EXPECT_EQ(with(pair.states), "") << pair.first << "; " << pair.second;
  if (pair.states == 0) return;
  const std::string fault = with(pair.states - 1);
  const std::string wanted = std::to_string(pair.states - 1) + " wait states after";
  EXPECT_NE(fault.find(wanted), std::string::npos) << pair.first << "; " << pair.second << "\n"
                                                   << fault;
  EXPECT_NE(fault.find("expected at least " + std::to_string(pair.states)), std::string::npos)
      << fault;
}

TEST(Hazards, OneTooFewIsFound) {
  const Target a = Target::gfx90a;
  const Target b = Target::gfx942;
  const std::string product90a = "v_mfma_f32_16x16x16bf16_1k v[4:7], v[8:9], v[10:11], v[4:7]";
  const std::string product942 = "v_mfma_f32_16x16x16_bf16 v[4:7], v[8:9], v[10:11], v[4:7]";
  const std::string single942 = "v_mfma_f32_16x16x4_f32 v[4:7], v8, v10, v[4:7]";
  const std::string large942 = "v_mfma_f32_32x32x8_f16 v[16:31], v[8:9], v[10:11], v[16:31]";
  const std::vector<Pair> pairs{
      {a, "v_readfirstlane_b32 s8, v0; v_mov_b32 v1, 0; v_readfirstlane_b32 s9, v0",
       "s_mov_b32 s12, s9", 0},
      // The VALU writes a scalar register, vector memory reads it.
      {a, kWriteBase, "global_load_dword v1, v0, s[0:1]", 5},
      {b, kWriteBase, "global_load_dword v1, v0, s[0:1]", 5},
      {a, "v_readfirstlane_b32 s8, v0", "v_readlane_b32 s9, v0, s8", 4},
      {a, "v_cmp_eq_u32 vcc, 1, v0", "v_div_fmas_f32 v1, v0, v0, v0", 4},
      {b, "v_cmp_eq_u32 vcc, 1, v0", "v_cndmask_b32 v1, v0, v0, vcc", 2},
      {a, "v_cmp_eq_u32 vcc, 1, v0", "v_cndmask_b32 v1, v0, v0, vcc", 0},
      // A carry-in is no constant.
      {b, "v_add_co_u32 v1, vcc, v0, v0", "v_addc_co_u32 v2, vcc, v0, v0, vcc", 0},
      {b, "v_sub_co_u32 v1, s[8:9], v0, v0", "v_subb_co_u32 v2, vcc, v0, v0, s[8:9]", 0},
      {b, "v_sub_co_u32 v1, s[8:9], v0, v0", "v_subbrev_co_u32 v2, vcc, v0, v0, s[8:9]", 0},
      {b, "v_readfirstlane_b32 s8, v0", "v_add_u32 v1, s8, v0", 2},
      {a, "v_mov_b32 v1, v0", "v_mov_b32_dpp v2, v1 row_shr:1", 2},
      {a, "v_cmpx_eq_u32 exec, v0, v0", "v_mov_b32_dpp v2, v0 row_shr:1", 5},
      {b, "v_exp_f32 v1, v0", "v_add_f32 v2, v1, v1", 1},
      {b, "v_exp_f32 v1, v0", "v_log_f32 v2, v1", 0},
      {a, "v_exp_f32 v1, v0", "v_add_f32 v2, v1, v1", 0},
      {b, "v_mov_b32 v1, v0", "v_readfirstlane_b32 s8, v1", 1},
      // A part of a register is read after it was written.
      {b, "v_mov_b32_sdwa v1, v0 dst_sel:WORD_1 dst_unused:UNUSED_PRESERVE src0_sel:DWORD",
       "v_add_f32 v2, v1, v1", 1},
      {a, "v_mov_b32_sdwa v1, v0 dst_sel:WORD_1 dst_unused:UNUSED_PRESERVE src0_sel:DWORD",
       "v_add_f32 v2, v1, v1", 0},
      // M0, by the SALU, and a load to LDS.
      {a, kBuffer + "s_mov_b32 m0, 0", "buffer_load_dword v1, s[8:11], 0 offen lds", 1},
      {b, kBuffer + "s_mov_b32 m0, 0", "buffer_load_dword v1, s[8:11], 0 offen lds", 1},
      {b, kBuffer + "s_mov_b32 m0, 0", "buffer_load_dword v2, v1, s[8:11], 0 offen", 0},
      // A wide store and its data.
      {a, "v_mov_b32 v1, 0; global_store_dwordx4 v1, v[4:7], s[0:1]", "v_mov_b32 v7, 0", 1},
      {b, "v_mov_b32 v1, 0; global_store_dwordx4 v1, v[4:7], s[0:1]", "v_mov_b32 v7, 0", 2},
      {a, "v_mov_b32 v1, 0; global_store_dwordx2 v1, v[4:5], s[0:1]", "v_mov_b32 v5, 0", 0},
      // Matrix products: 8 passes on gfx90a, 4 on gfx942.
      {a, "v_mov_b32 v8, 0", product90a, 2},
      {a, product90a, "v_mov_b32 v1, v6", 11},
      {a, product90a, "global_store_dword v0, v6, s[0:1]", 11},
      {a, product90a, "v_mov_b32 v6, 0", 11},
      {a, product90a, product90a, 0},
      {a, product90a, "v_mfma_f32_16x16x16bf16_1k v[12:15], v[4:5], v[10:11], v[12:15]", 11},
      {a, product90a, "v_mfma_f32_16x16x16bf16_1k v[6:9], v[8:9], v[10:11], v[6:9]", 8},
      {a, "v_mfma_f32_16x16x16bf16_1k v[12:15], v[8:9], v[10:11], v[4:7]", "v_mov_b32 v4, 0", 7},
      {b, product942, "v_mov_b32 v1, v6", 7},
      {b, product942, product942, 0},
      {b, large942, "v_mov_b32 v1, v31", 11},
      // C of another product: in the same place, and a part of it.
      {b, product942, "v_mfma_f32_16x16x16_bf16 v[6:9], v[12:13], v[10:11], v[6:9]", 5},
      {b, single942, "v_mfma_f32_16x16x4_f32 v[6:9], v12, v13, v[6:9]", 8},
      {b, single942, "v_mfma_f32_16x16x16_bf16 v[6:9], v[12:13], v[10:11], v[6:9]", 0},
      {b, "v_mfma_f32_16x16x16_bf16 v[12:15], v[8:9], v[10:11], v[4:7]", "v_mov_b32 v4, 0", 3},
      {b, "v_mfma_f32_16x16x4_f32 v[12:15], v8, v10, v[4:7]", "v_mov_b32 v4, 0", 0},
      {b, "v_cmpx_eq_u32 exec, v0, v0", product942, 4},
  };
  for (const Pair& pair : pairs) expect_exactly(pair);
}

// The shape and the operands say how long a product takes. Not executed, so any shape will do.
TEST(Hazards, PassesByShape) {
  struct Shape {
    Target target;
    std::string name;
    u64 states;  // until its result can be read
  };
  const std::vector<Shape> shapes{
      {Target::gfx90a, "v_mfma_f32_4x4x4f16", 5},
      {Target::gfx90a, "v_mfma_f32_16x16x4f32", 11},
      {Target::gfx90a, "v_mfma_f32_32x32x8f16", 19},
      {Target::gfx942, "v_mfma_f32_4x4x4_16b_f16", 5},
      {Target::gfx942, "v_mfma_f32_4x4x1_16b_f32", 4},
      {Target::gfx942, "v_mfma_f32_16x16x4_f32", 10},
      {Target::gfx942, "v_mfma_f32_16x16x8_xf32", 7},
      {Target::gfx942, "v_mfma_f32_16x16x32_fp8_fp8", 7},
      {Target::gfx942, "v_mfma_i32_16x16x32_i8", 7},
      {Target::gfx942, "v_mfma_f32_32x32x2_f32", 18},
      {Target::gfx942, "v_mfma_f32_32x32x16_fp8_bf8", 11},
  };
  for (const Shape& shape : shapes) {
    Kernel kernel;
    kernel.name = "probe";
    kernel.target = shape.target;
    BlockState block;
    block.kernel = &kernel;
    const auto wave = std::make_unique<Wave>();
    wave->block = &block;
    for (const u64 missing : {0U, 1U}) {
      Hazards hazards(shape.target);
      const auto step = [&](const std::string& text) {
        Operation operation;
        operation.instruction = std::make_shared<const Instruction>(*parse_instruction(text, 8));
        hazards.step(*wave, operation, effects_of(operation, 64));
      };
      step(shape.name + " v[4:7], v[8:9], v[10:11], v[4:7]");
      step("s_nop " + std::to_string(shape.states - missing - 1));
      const auto read = [&] { step("v_mov_b32_e32 v1, v6"); };
      if (missing == 0) {
        EXPECT_NO_THROW(read()) << shape.name;
      } else {
        EXPECT_THROW(read(), Failure) << shape.name;
      }
    }
  }
}

TEST(Hazards, OneNopMayGiveManyStates) {
  CheckedLaunch launch;
  EXPECT_EQ(launch.run(kWriteBase + "; s_nop 4; global_load_dword v1, v0, s[0:1]", kHazards), "");
  EXPECT_NE(launch.run(kWriteBase + "; s_nop 3; global_load_dword v1, v0, s[0:1]", kHazards), "");
}

TEST(Hazards, Gfx10HasNone) {
  EXPECT_EQ(CheckedLaunch(Target::gfx1030)
                .run(kWriteBase + "; global_load_dword v1, v0, s[0:1]", kHazards),
            "");
}

}  // namespace
}  // namespace mlacheck::amd::test
