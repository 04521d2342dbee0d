// Words of registers, and what their bits mean.
#pragma once

#include <bit>
#include <cstdint>
#include <string>

namespace mlacheck::amd {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i16 = std::int16_t;
using i32 = std::int32_t;
using i64 = std::int64_t;

/// Half precision in a register's low 16 bits. Arithmetic is done in float, then rounded.
struct Half {
  u16 bits = 0;
};

constexpr u32 low_word(u64 value) { return static_cast<u32>(value); }
constexpr u32 high_word(u64 value) { return static_cast<u32>(value >> 32); }
constexpr u64 joined(u32 low, u32 high) { return u64{high} << 32 | low; }

constexpr i32 as_signed(u32 value) { return static_cast<i32>(value); }
constexpr u32 as_unsigned(i32 value) { return static_cast<u32>(value); }

/// The low `bits` bits as a signed number.
constexpr i32 sign_extended(u32 value, unsigned bits) {
  return static_cast<i32>(value << (32 - bits)) >> (32 - bits);
}

/// "0x1f"
std::string hexadecimal(u64 value);

}  // namespace mlacheck::amd
