// Bitwise operations, shifts, fields of bits.
#include <bit>

#include "harness/amd/vector/families.hpp"
#include "harness/amd/vector/lanes.hpp"

namespace mlacheck::amd {
namespace {

u32 field(u32 offset, u32 width) {
  return width >= 32 ? ~0U << offset : ((1U << width) - 1U) << offset;
}

u32 reversed_bits(u32 value) {
  value = (value & 0x5555'5555U) << 1 | (value >> 1 & 0x5555'5555U);
  value = (value & 0x3333'3333U) << 2 | (value >> 2 & 0x3333'3333U);
  value = (value & 0x0f0f'0f0fU) << 4 | (value >> 4 & 0x0f0f'0f0fU);
  return __builtin_bswap32(value);
}

// A byte of the result for each selector byte: 0-3 of b, 4-7 of a, 8-11 the sign of a half word,
// 12 zero, above that 0xff.
u32 permuted_bytes(u32 a, u32 b, u32 selectors) {
  const u64 all = joined(b, a);
  u32 result = 0;
  for (unsigned i = 0; i < 4; ++i) {
    const u32 selector = selectors >> (8 * i) & 0xffU;
    u32 byte = 0;
    if (selector < 8) {
      byte = static_cast<u32>(all >> (8 * selector)) & 0xffU;
    } else if (selector < 12) {
      byte = (all >> (16 * (selector - 8) + 15) & 1U) != 0 ? 0xffU : 0U;
    } else if (selector > 12) {
      byte = 0xffU;
    }
    result |= byte << (8 * i);
  }
  return result;
}

void add_bitwise(Table& table) {
  table.add("v_and_b32", vector([](u32 a, u32 b) { return a & b; }));
  table.add("v_or_b32", vector([](u32 a, u32 b) { return a | b; }));
  table.add("v_xor_b32", vector([](u32 a, u32 b) { return a ^ b; }));
  table.add("v_xnor_b32", vector([](u32 a, u32 b) { return ~(a ^ b); }));
  table.add("v_not_b32", vector([](u32 a) { return ~a; }));
  table.add("v_and_or_b32", vector([](u32 a, u32 b, u32 c) { return (a & b) | c; }));
  table.add("v_or3_b32", vector([](u32 a, u32 b, u32 c) { return a | b | c; }));
  table.add("v_xor3_b32", vector([](u32 a, u32 b, u32 c) { return a ^ b ^ c; }));
  table.add("v_bfi_b32", vector([](u32 a, u32 b, u32 c) { return (a & b) | (~a & c); }));
  table.add("v_bfm_b32",
            vector([](u32 a, u32 b) { return ((1U << (a & 31U)) - 1U) << (b & 31U); }));
  table.add("v_bfe_u32",
            vector([](u32 a, u32 b, u32 c) { return (a >> (b & 31U)) & field(0, c & 31U); }));
  table.add("v_bfe_i32", vector([](u32 a, u32 b, u32 c) {
              const u32 width = c & 31U;
              const u32 part = (a >> (b & 31U)) & field(0, width);
              const u32 sign = width == 0 ? 0U : part & (1U << (width - 1U));
              return sign == 0 ? part : part | ~field(0, width);
            }));
  table.add("v_bfrev_b32", vector([](u32 a) { return reversed_bits(a); }));
  table.add("v_perm_b32", vector([](u32 a, u32 b, u32 c) { return permuted_bytes(a, b, c); }));
  table.add("v_bcnt_u32_b32",
            vector([](u32 a, u32 b) { return static_cast<u32>(std::popcount(a)) + b; }));
  table.add("v_ffbh_u32",
            vector([](u32 a) { return a == 0 ? ~0U : static_cast<u32>(std::countl_zero(a)); }));
  table.add("v_ffbl_b32",
            vector([](u32 a) { return a == 0 ? ~0U : static_cast<u32>(std::countr_zero(a)); }));
  // How many bits below the sign repeat it; ~0 if all do.
  table.add("v_ffbh_i32", vector([](u32 a) {
              const u32 other = (a >> 31) != 0 ? ~a : a;
              return other == 0 ? ~0U : static_cast<u32>(std::countl_zero(other));
            }));
  table.add("v_alignbit_b32",
            vector([](u32 a, u32 b, u32 c) { return low_word(joined(b, a) >> (c & 31U)); }));
  table.add("v_alignbyte_b32",
            vector([](u32 a, u32 b, u32 c) { return low_word(joined(b, a) >> (8U * (c & 3U))); }));
}

void add_shifts(Table& table) {
  table.add("v_lshlrev_b32", vector([](u32 a, u32 b) { return b << (a & 31U); }));
  table.add("v_lshrrev_b32", vector([](u32 a, u32 b) { return b >> (a & 31U); }));
  table.add("v_ashrrev_i32", vector([](u32 a, i32 b) { return b >> (a & 31U); }));
  table.add("v_lshlrev_b64", vector([](u32 a, u64 b) { return b << (a & 63U); }));
  table.add("v_lshrrev_b64", vector([](u32 a, u64 b) { return b >> (a & 63U); }));
  table.add("v_ashrrev_i64", vector([](u32 a, i64 b) { return b >> (a & 63U); }));
  table.add("v_lshlrev_b16",
            vector([](u16 a, u16 b) { return static_cast<u16>(u32{b} << (a & 15U)); }));
  table.add("v_lshrrev_b16", vector([](u16 a, u16 b) { return static_cast<u16>(b >> (a & 15U)); }));
  table.add("v_ashrrev_i16", vector([](u16 a, i16 b) { return static_cast<i16>(b >> (a & 15U)); }));
  table.add("v_lshl_or_b32", vector([](u32 a, u32 b, u32 c) { return (a << (b & 31U)) | c; }));
}

}  // namespace

void add_bit_operations(Table& table) {
  add_bitwise(table);
  add_shifts(table);
}

}  // namespace mlacheck::amd
