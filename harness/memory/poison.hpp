// Poison: what memory holds before anybody wrote it.
//
// Two single-byte patterns, so that any fill routine can produce them. 0xFF reads as NaN in f32,
// f16 and bf16 and as -1 in i32. 0x5A reads as a large finite number in every float type (1.5e16 in
// f32 and bf16, 203.25 in f16) and as a large odd-looking page id in i32. A result that depends on
// either differs between the two runs; a write of one pattern into a red zone shows in the run of
// the other.
//
// zeros is no poison: it hides what the other two show. It is there to measure how much, since
// tests elsewhere run on clean memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "harness/values/dtype.hpp"

namespace mlacheck {

enum class Poison { ones, junk, zeros };

/// What checks use.
inline constexpr std::array<Poison, 2> kPoisons{Poison::ones, Poison::junk};

inline constexpr std::byte poison_byte(Poison poison) {
  if (poison == Poison::zeros) return std::byte{0};
  return poison == Poison::ones ? std::byte{0xFF} : std::byte{0x5A};
}

/// What an element of `dtype` reads as before it is written.
inline std::uint32_t poison_bits(DType dtype, Poison poison) {
  std::array<std::byte, 4> fill{};
  fill.fill(poison_byte(poison));
  return load_bits(dtype, fill.data());
}

/// The other pattern of the pair. Inputs and scratch hold the other poison than outputs do. With
/// the same pattern in both, a kernel that copies a gap into a protected cell would change nothing.
inline constexpr Poison other(Poison poison) {
  return poison == Poison::ones ? Poison::junk : Poison::ones;
}

inline constexpr std::string_view name_of(Poison poison) {
  if (poison == Poison::zeros) return "0x00";
  return poison == Poison::ones ? "0xFF" : "0x5A";
}

}  // namespace mlacheck
