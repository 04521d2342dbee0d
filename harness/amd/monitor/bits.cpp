#include "harness/amd/monitor/bits.hpp"

#include <algorithm>
#include <array>

namespace mlacheck::amd {
namespace {

// Beginnings of mnemonics. Packed and mixed instructions pick parts of their sources, and a NaN or a
// number far off comes out of each part that is undefined.
constexpr auto kExact = std::to_array<std::string_view>({
    "v_mov",     "v_accvgpr",       "v_cndmask",       "v_and_",        "v_or_",
    "v_or3",     "v_xor",           "v_xnor",          "v_not",         "v_bfi",
    "v_bfe",     "v_perm",          "v_align",         "v_lshlrev",     "v_lshrrev",
    "v_ashrrev", "v_lshl_or",       "v_bfrev",         "v_pk_",         "v_fma_mix",
    "v_mad_mix", "v_readlane",      "v_readfirstlane", "v_writelane",   "v_mbcnt",
    "v_pack_",   "v_cvt_pk",        "v_swap",          "v_mfma",        "v_smfmac",
    "v_nop",     "v_cvt_f32_ubyte", "v_cvt_f32_fp8",   "v_cvt_f32_bf8", "v_cvt_scale",
    "v_cvt_sr",  "v_and_or",        "v_permlane",      "v_dot",         "v_prng",
    "v_bitop",   "s_mov",           "s_and",           "s_or",          "s_xor",
    "s_nand",    "s_nor",           "s_xnor",          "s_not",         "s_cselect",
    "s_cmov",    "s_lshl_",         "s_lshr",          "s_ashr",        "s_bfe",
    "s_pack",    "s_brev",          "s_wqm",           "s_sext",        "s_bitset",
    "s_getpc",   "s_swappc",        "s_setpc",         "s_getreg",      "s_setreg",
    "s_set_gpr", "s_bitreplicate",  "s_round_mode",    "s_denorm_mode",
});
constexpr auto kUpwards = std::to_array<std::string_view>({
    "v_add_u",       "v_add_nc_u",    "v_add_i",       "v_add_nc_i",   "v_add_co",  "v_addc_co",
    "v_sub_u",       "v_sub_nc_u",    "v_sub_i",       "v_sub_nc_i",   "v_sub_co",  "v_subb_co",
    "v_subrev_u",    "v_subrev_nc",   "v_subrev_co",   "v_subbrev_co", "v_mul_lo",  "v_mul_u32_u24",
    "v_mul_i32_i24", "v_mad_u32_u24", "v_mad_i32_i24", "v_mad_u64",    "v_mad_i64", "v_mad_u16",
    "v_add3",        "v_lshl_add",    "v_add_lshl",    "v_xad",        "s_add",     "s_sub",
    "s_mul_i",       "s_mulk",        "s_lshl1",       "s_lshl2",      "s_lshl3",   "s_lshl4",
});

template <std::size_t N>
bool among(std::string_view mnemonic, const std::array<std::string_view, N>& beginnings) {
  return std::ranges::any_of(beginnings,
                             [&](std::string_view b) { return mnemonic.starts_with(b); });
}

}  // namespace

Spread spread_of(std::string_view mnemonic) {
  if (among(mnemonic, kUpwards)) return Spread::upwards;
  return among(mnemonic, kExact) ? Spread::exact : Spread::whole;
}

}  // namespace mlacheck::amd
