// Draws that the contents of all forms of the quantized batched product share.
#pragma once

#include <cstdint>
#include <string_view>

#include "harness/op/random.hpp"

namespace mlacheck::quantized_bmm {

/// 64 random bits, the same for the same seed, stream and index.
inline std::uint64_t draw(std::uint64_t seed, std::string_view stream, std::int64_t index) {
  return random_bits(seed, stream_of(stream), static_cast<std::uint64_t>(index));
}

/// Exponents of scales and of elements that are not on the grid: -1 to 1, and -12 to 12.
inline int narrow(std::uint64_t lot) { return static_cast<int>(lot % 3) - 1; }
inline int spread(std::uint64_t lot) { return static_cast<int>(lot % 25) - 12; }

}  // namespace mlacheck::quantized_bmm
