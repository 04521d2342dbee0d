// How undefined bits of sources spread to the result, by instruction.
#pragma once

#include <string_view>

#include "harness/amd/wave/words.hpp"

namespace mlacheck::amd {

enum class Spread : u8 {
  exact,    ///< moves, selects and logic: executing the instruction on both values tells
  upwards,  ///< sums and products of integers: from an undefined bit to the bits above it
  whole,    ///< everything else: to the whole result
};

Spread spread_of(std::string_view mnemonic);

/// The bits from the lowest set one upwards.
constexpr u64 upwards(u64 bits) { return bits | (0 - (bits & (0 - bits))); }

}  // namespace mlacheck::amd
