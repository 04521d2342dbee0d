// Results that depend on registers, LDS or scratch that nobody wrote.
#include <gtest/gtest.h>

#include "tests/harness/amd/support/checked_launch.hpp"

namespace mlacheck::amd::test {
namespace {

constexpr Checks kUndefined{true, false, false, false};

struct Case {
  std::string code;
  std::string text;  ///< of the finding; empty: none
  Target target = Target::gfx90a;
};

void expect(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    const std::string fault = CheckedLaunch(one.target).run(one.code, kUndefined);
    if (one.text.empty()) {
      EXPECT_EQ(fault, "") << one.code;
    } else {
      EXPECT_NE(fault.find(one.text), std::string::npos) << one.code << "\n" << fault;
    }
  }
}

const std::string kStored =
    "a value stored to memory depends on a register, LDS or scratch that nobody";
const std::string kAddress = "v_lshlrev_b32 v1, 2, v0; ";
const std::string kStore2 = "; global_store_dword v1, v2, s[0:1]";

TEST(Undefined, WhereItDecides) {
  expect({
      {kAddress + "global_store_dword v1, v5, s[0:1]",
       kStored + " wrote (v5, undefined bits 0xffffffff)"},
      {"global_load_dword v2, v5, s[0:1]", "an address depends"},
      {"s_load_dword s8, s[10:11], 0x0", "an address depends"},
      {"ds_write_b32 v5, v0", "an address depends"},
      {"s_cmp_eq_u32 s9, 0; s_cbranch_scc1 0", "a branch depends"},
      {"v_cmp_eq_u32 vcc, v5, v0; s_cbranch_vccnz 0", "a branch depends"},
      {"v_cmp_gt_u32 vcc, v5, v0; s_and_saveexec_b64 s[8:9], vcc", "EXEC depends"},
      {"v_cmpx_gt_u32 exec, v5, v0", "EXEC depends"},
      {"s_cbranch_scc0 0", "a branch depends"},
      {"s_setpc_b64 s[10:11]", "the target of a jump depends"},
      {kAddress + "global_atomic_add v1, v5, s[0:1]", kStored},
      {kAddress + "v_accvgpr_read_b32 v2, a3" + kStore2, kStored},
  });
}

TEST(Undefined, NamesLaneWaveAndInstruction) {
  const std::string code =
      kAddress +
      "v_cmp_ne_u32 vcc, 5, v0; s_and_saveexec_b64 s[8:9], vcc; v_mov_b32 v2, 1; "
      "s_mov_b64 exec, s[8:9]" +
      kStore2;
  expect({{code,
           "'global_store_dword v1, v2, s[0:1]', lane 5, kernel probe (gfx90a), block (0, 0, 0), "
           "wave 0"}});
}

// Moving what is undefined decides nothing.
TEST(Undefined, MovingIsAllowed) {
  expect({
      {"v_mov_b32 v2, v5; v_add_f32 v3, v2, v5; v_mov_b32 v4, s20", ""},
      {kAddress + "ds_write_b32 v1, v5", ""},
      {kAddress + "v_mov_b32 v2, v5; v_mov_b32 v2, 7" + kStore2, ""},
      {"buffer_store_dword v5, off, s[4:7], 0", ""},
      {"v_cmp_eq_u32 vcc, v5, v0; v_cmp_eq_u32 vcc, v0, v0; s_cbranch_vccz 0", ""},
  });
}

// Through LDS, scratch, other lanes and scalar registers to a store.
TEST(Undefined, IsFollowed) {
  const std::string scratch =
      "buffer_store_dword v5, off, s[4:7], 0; buffer_load_dword v2, off, s[4:7], 0";
  expect({
      {kAddress + "ds_write_b32 v1, v5; ds_read_b32 v2, v1" + kStore2, kStored},
      {kAddress + scratch + kStore2, kStored},
      {kAddress + "buffer_load_dword v2, off, s[4:7], 0 offset:4" + kStore2, kStored},
      {kAddress + "buffer_store_dword v0, off, s[4:7], 0; buffer_load_dword v2, off, s[4:7], 0" +
           kStore2,
       ""},
      {kAddress + "ds_bpermute_b32 v2, v1, v5" + kStore2, kStored},
      {kAddress + "v_readlane_b32 s8, v5, 3; v_mov_b32 v2, s8" + kStore2, kStored},
      {kAddress + "v_mov_b32_dpp v2, v5 quad_perm:[0,0,0,0]" + kStore2, kStored},
      {kAddress + "v_add_f32 v2, v5, v0" + kStore2, kStored},
      {kAddress + "v_add_co_u32 v2, vcc, v0, v0; v_addc_co_u32 v2, vcc, v0, v0, s[8:9]" + kStore2,
       kStored},
      {"s_add_u32 s8, s9, 1; s_addc_u32 s10, 0, 0; v_mov_b32 v2, s10; v_mov_b32 v1, 0" + kStore2,
       kStored},
      {kAddress + "v_mul_u32_u24 v2, v5, v0; v_and_b32 v2, 0, v2" + kStore2, ""},
      {kAddress + "v_and_b32 v5, 0xff000000, v5; v_mul_u32_u24 v2, v5, v0" + kStore2, ""},
      {kAddress + "v_cndmask_b32 v2, v0, v5, vcc" + kStore2, kStored},
      {kAddress + "v_max_u32 v2, v5, v0" + kStore2, kStored},
      {kAddress + "v_max_u32 v2, -1, v5" + kStore2, kStored},
      {kAddress + "v_cmp_lt_f32 s[8:9], v5, v0; v_cndmask_b32 v2, 0, 1, s[8:9]" + kStore2, kStored},
      {kAddress + "v_cvt_f32_u32 v2, v5; v_min_f32 v2, 1.0, v2" + kStore2, kStored},
      {"v_mov_b32 v2, 0; v_mov_b32 v3, 0; v_mov_b32 v1, 0; v_accvgpr_write_b32 a0, 0; "
       "v_accvgpr_write_b32 a1, 0; v_accvgpr_write_b32 a2, 0; "
       "v_mfma_f32_16x16x16bf16_1k a[0:3], v[2:3], v[2:3], a[0:3]; global_store_dword v1, a3, "
       "s[0:1]",
       kStored},
  });
}

// Bits that are decided whatever the undefined ones are.
TEST(Undefined, IsExactForBits) {
  expect({
      {kAddress + "v_and_b32 v2, 0, v5" + kStore2, ""},
      {kAddress + "v_or_b32 v2, -1, v5" + kStore2, ""},
      {kAddress + "v_xor_b32 v2, v5, v5" + kStore2, ""},
      {kAddress + "v_lshlrev_b32 v2, 16, v5; v_and_b32 v2, 0xffff, v2" + kStore2, ""},
      {kAddress + "v_and_b32 v2, 0xffff0000, v5; v_add_u32 v2, v2, v0; v_and_b32 v2, 0xffff, v2" +
           kStore2,
       ""},
      {kAddress + "v_and_b32 v2, 0xff, v5; v_add_u32 v2, v2, v0; v_and_b32 v2, 0x100, v2" + kStore2,
       kStored},
      {kAddress + "v_cmp_eq_u32 vcc, v0, v0; v_cndmask_b32 v2, v5, v0, vcc" + kStore2, ""},
      {kAddress + "global_store_short v1, v2, s[0:1]",
       kStored + " wrote (v2, undefined bits 0xffff)"},
      {kAddress + "v_and_b32 v2, 0xffff0000, v5; global_store_short v1, v2, s[0:1]", ""},
      {kAddress + "v_and_b32 v2, 0xffff0000, v5; global_store_short_d16_hi v1, v2, s[0:1]",
       kStored},
      {kAddress + "global_load_short_d16_hi v2, v1, s[0:1]; v_lshrrev_b32 v2, 16, v2" + kStore2,
       ""},
      {kAddress + "global_load_short_d16_hi v2, v1, s[0:1]" + kStore2, "undefined bits 0xffff)"},
      // The masks of branches that LLVM makes: lanes that are off are anything.
      {"s_mov_b64 exec, 1; v_cmp_eq_u32 vcc, v0, v0; s_andn2_b64 s[8:9], s[8:9], exec; "
       "s_and_b64 vcc, vcc, exec; s_or_b64 s[8:9], s[8:9], vcc; s_and_b64 exec, exec, s[8:9]",
       ""},
      {"s_and_b32 s8, s9, 1; s_cbranch_scc1 0", "a branch depends"},
      // Whether VCC is zero: one lane that is surely on decides it.
      {"s_mov_b32 vcc_lo, s9; s_mov_b32 vcc_hi, 1; s_cbranch_vccnz 0", ""},
      {"s_mov_b32 vcc_lo, s9; s_mov_b32 vcc_hi, 0; s_cbranch_vccnz 0", "a branch depends"},
      {"s_or_b32 s8, s9, 1; s_cbranch_scc1 0", ""},
      {"s_and_b32 s8, s9, 0; s_cbranch_scc1 0", ""},
      {"s_and_b32 s8, s9, 1; s_add_u32 s8, s8, 1; s_and_b32 s8, s8, 2; s_cbranch_scc1 0",
       "a branch"},
  });
}

// Stores past the last record are dropped, so that their data are nobody's business.
TEST(Undefined, DroppedStores) {
  const std::string buffer =
      "s_mov_b32 s8, s0; s_mov_b32 s9, s1; s_mov_b32 s10, RECORDS; s_mov_b32 s11, 0; "
      "v_mov_b32 v1, 0; buffer_store_dword v5, v1, s[8:11], 0 offen";
  std::string none = buffer;
  none.replace(none.find("RECORDS"), 7, "0");
  std::string one = buffer;
  one.replace(one.find("RECORDS"), 7, "4");
  expect({{none, ""}, {one, kStored}});
}

TEST(Undefined, OnGfx942) {
  const Target target = Target::gfx942;
  const std::string product =
      "v_mov_b32 v8, 0; v_mov_b32 v9, 0; v_mov_b32 v10, 0; v_mov_b32 v11, 0; v_mov_b32 v1, 0; "
      "v_mfma_f32_16x16x16_bf16 v[4:7], v[8:9], v[10:11], ";
  expect({
      {kAddress + "v_cvt_pk_fp8_f32 v2, v5, v0" + kStore2, kStored, target},
      {kAddress + "v_mov_b32 v2, 0; v_cvt_pk_fp8_f32 v2, v0, v0" + kStore2, "", target},
      {kAddress + "v_cvt_pk_fp8_f32 v2, v0, v0" + kStore2, "undefined bits 0xffff0000)", target},
      {product + "0; global_store_dword v1, v5, s[0:1]", "", target},
      {product + "v[12:15]; global_store_dword v1, v5, s[0:1]", kStored, target},
      {kAddress + "v_mov_b32 v2, v3; s_mov_b32 m0, s9; ds_write_b32 v1, v0", "", target},
  });
}

TEST(Undefined, OnGfx10) {
  expect({
      {kAddress + "v_add_nc_u32 v2, v5, v0" + kStore2, kStored, Target::gfx1030},
      {kAddress + "v_add_nc_u32 v2, v0, v0" + kStore2, "", Target::gfx1030},
      {"v_cmp_gt_u32 vcc_lo, v5, v0; s_and_saveexec_b32 s8, vcc_lo", "EXEC depends",
       Target::gfx1030},
  });
}

}  // namespace
}  // namespace mlacheck::amd::test
