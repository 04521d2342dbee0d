// Words and texts are those of the assembler of LLVM 22 (Triton 3.6) for gfx950. Two texts differ from what it
// takes: it leaves out an "op_sel" of zeros.
#include "harness/amd/decode/gfx950.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/amd/decode/instruction.hpp"

namespace mlacheck::amd {
namespace {

struct Row {
  std::vector<u32> words;
  std::string text;
};

std::vector<u8> bytes_of(const std::vector<u32>& words) {
  std::vector<u8> bytes;
  for (const u32 word : words) {
    for (unsigned i = 0; i < 4; ++i) bytes.push_back(static_cast<u8>(word >> (8 * i)));
  }
  return bytes;
}

TEST(Gfx950, DecodesWhatItAdds) {
  const std::vector<Row> rows{
      {{0xd3ac0800, 0x10026330, 0xd3ad0c40, 0x85424110},
       "v_mfma_scale_f32_16x16x128_f8f6f4 v[64:67], v[16:19], v[32:35], v[80:83], v48, v49 "
       "op_sel:[1,0,0] op_sel_hi:[0,1,0] cbsz:4 blgp:4"},
      {{0xd3ac1800, 0x18026330, 0xd3ad8c40, 0x9d424110},
       "v_mfma_scale_f32_16x16x128_f8f6f4 a[64:67], a[16:19], a[32:35], a[80:83], v48, v49 "
       "op_sel:[1,1,0] op_sel_hi:[1,1,0] cbsz:4 blgp:4"},
      {{0xd3ac1000, 0x08026330, 0xd3ae0c40, 0x82024110},
       "v_mfma_scale_f32_32x32x64_f8f6f4 v[64:79], v[16:19], v[32:35], 0, v48, v49 "
       "op_sel:[0,1,0] op_sel_hi:[1,0,0] cbsz:4 blgp:4"},
      {{0xd3ac0000, 0x00026330, 0xd3ad0840, 0x02024110},
       "v_mfma_scale_f32_16x16x128_f8f6f4 v[64:67], v[16:23], v[32:39], 0, v48, v49 "
       "op_sel:[0,0,0] op_sel_hi:[0,0,0]"},
      {{0xd3ad0040, 0x82024110},
       "v_mfma_f32_16x16x128_f8f6f4 v[64:67], v[16:23], v[32:35], 0 blgp:4"},
      {{0xd3ae0440, 0x83ca4110},
       "v_mfma_f32_32x32x64_f8f6f4 v[64:79], v[16:19], v[32:35], 1.0 cbsz:4 blgp:4"},
      {{0xd3b58000, 0x14021104}, "v_mfma_f32_16x16x32_bf16 a[0:3], v[4:7], a[8:11], a[0:3]"},
      {{0xd3b58000, 0x04021104}, "v_mfma_f32_16x16x32_bf16 a[0:3], v[4:7], v[8:11], a[0:3]"},
      {{0xd3d40040, 0x02024110}, "v_mfma_f32_16x16x32_f16 v[64:67], v[16:19], v[32:35], 0"},
      {{0xd3b70040, 0x02024110}, "v_mfma_f32_32x32x16_bf16 v[64:79], v[16:19], v[32:35], 0"},
      {{0xd3d50040, 0x02024110}, "v_mfma_f32_32x32x16_f16 v[64:79], v[16:19], v[32:35], 0"},
      {{0xd2340440, 0x9cc24110}, "v_bitop3_b32 v64, v16, v32, v48 bitop3:0xe4"},
      {{0xd2340340, 0x607a4110}, "v_bitop3_b32 v64, v16, v32, s30 bitop3:0x1b"},
      {{0xd2340005, 0x0301e07f}, "v_bitop3_b32 v5, exec_hi, 0.5, 64 bitop3:0x0"},
      {{0xd2336e40, 0xc4c24110}, "v_bitop3_b16 v64, v16, v32, v48 bitop3:0x36 op_sel:[1,0,1,1]"},
      {{0x7e80b341}, "v_permlane16_swap_b32_e32 v64, v65"},
      {{0x7e80b541}, "v_permlane32_swap_b32_e32 v64, v65"},
      {{0xd2680240, 0x20024110}, "v_cvt_pk_bf16_f32 v64, -v16, |v32|"},
      {{0xd9c60008, 0x00000002}, "ds_read_b64_tr_b16 v[0:1], v2 offset:8"},
      {{0xd9c40000, 0x00000002}, "ds_read_b64_tr_b8 v[0:1], v2"},
      {{0xdbc40000, 0x06000002}, "ds_read_b64_tr_b8 a[6:7], v2"},
      {{0xd9c00000, 0x00000002}, "ds_read_b64_tr_b4 v[0:1], v2"},
      {{0xd9c41234, 0x00000002}, "ds_read_b64_tr_b8 v[0:1], v2 offset:4660"},
      {{0xe05d1300, 0x80050012}, "buffer_load_dwordx4 v18, s[20:23], 0 offen offset:768 lds"},
      {{0xe0590000, 0x1c020000}, "buffer_load_dwordx3 off, s[8:11], s28 lds"},
      {{0xe05d3000, 0xc1030004}, "buffer_load_dwordx4 v[4:5], s[12:15], -1 idxen offen lds"},
      {{0xd3ad0240, 0x42024110},
       "v_mfma_f32_16x16x128_f8f6f4 v[64:67], v[16:21], v[32:37], 0 cbsz:2 blgp:2"},
      {{0xd2340005, 0x0305a07c}, "v_bitop3_b32 v5, m0, -16, -1 bitop3:0x0"},
      {{0xd2670240, 0x20024110}, "v_cvt_pk_f16_f32 v64, -v16, |v32|"},
      {{0xd2511840, 0x00024110}, "v_cvt_scalef32_pk_bf16_fp4 v64, v16, v32 op_sel:[1,1,0]"}};
  for (const Row& row : rows) {
    const auto line = gfx950_line(bytes_of(row.words));
    ASSERT_TRUE(line) << row.text;
    EXPECT_EQ(line->text, row.text);
    EXPECT_EQ(line->bytes, 4 * row.words.size()) << row.text;
    EXPECT_TRUE(parse_instruction(line->text, line->bytes)) << row.text;
  }
}

TEST(Gfx950, LeavesTheRestToGfx942) {
  const std::vector<std::vector<u32>> rows{
      {0x06000501},                                       // v_add_f32_e32 v0, v1, v2
      {0xd3e10000, 0x04021104},                           // v_mfma_f32_16x16x16_bf16
      {0x7e020302},                                       // v_mov_b32_e32 v1, v2
      {0xbf800000},                                       // s_nop 0
      {0xe0511000, 0x80050012},                           // buffer_load_dword ... lds
      {0xe05c1000, 0x80050412},                           // buffer_load_dwordx4, not to LDS
      {0xe05d5000, 0x80050012},                           // with a cache policy
      {0xd3ac0000, 0x00026330, 0xbf800000, 0xbf800000}};  // scales without a product
  for (const auto& words : rows) EXPECT_FALSE(gfx950_line(bytes_of(words)));
  // Cut short.
  EXPECT_FALSE(gfx950_line(bytes_of({0xd3ac0800, 0x10026330})));
  EXPECT_FALSE(gfx950_line({}));
}

}  // namespace
}  // namespace mlacheck::amd
