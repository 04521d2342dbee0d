// Draws that the contents of all forms of the quantized batched product share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "harness/op/random.hpp"

namespace mlacheck::quantized_bmm {

/// The number of a stream by its name, computed when this is compiled: an element draws from three.
struct Stream {
  template <std::size_t kSize>
  consteval Stream(const char (&name)[kSize])  // NOLINT(google-explicit-constructor)
      : number(stream_of(std::string_view(name, kSize - 1))) {}

  std::uint64_t number;
};

/// 64 random bits, the same for the same seed, stream and index.
inline std::uint64_t draw(std::uint64_t seed, Stream stream, std::int64_t index) {
  return random_bits(seed, stream.number, static_cast<std::uint64_t>(index));
}

/// Exponents of scales and of elements that are not on the grid: -1 to 1, and -12 to 12.
inline int narrow(std::uint64_t lot) { return static_cast<int>(lot % 3) - 1; }
inline int spread(std::uint64_t lot) { return static_cast<int>(lot % 25) - 12; }

}  // namespace mlacheck::quantized_bmm
