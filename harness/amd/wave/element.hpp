// Between the bytes that a memory instruction moves and the registers of a lane.
#pragma once

#include <array>
#include <cstring>

#include "harness/amd/wave/wave.hpp"

namespace mlacheck::amd {

using Words = std::array<u32, 4>;

inline unsigned words_of(const Element& element) { return (element.bytes + 3U) / 4U; }

/// `raw` holds the bytes as memory does.
inline void put_element(Wave& wave, const Element& element, unsigned target, unsigned lane,
                        const Words& raw) {
  if (element.bytes >= 4) {
    for (unsigned w = 0; w < words_of(element); ++w) wave.vector[target + w][lane] = raw[w];
    return;
  }
  const unsigned bits = 8U * element.bytes;
  const u32 part = raw[0] & ((1U << bits) - 1U);
  const u32 value = element.sign_extended ? as_unsigned(sign_extended(part, bits)) : part;
  u32& word = wave.vector[target][lane];
  switch (element.part) {
    case Element::Part::whole:
      word = value;
      break;
    case Element::Part::low:
      word = (word & 0xffff'0000U) | (value & 0xffffU);
      break;
    case Element::Part::high:
      word = (word & 0xffffU) | value << 16;
      break;
  }
}

inline Words take_element(const Wave& wave, const Element& element, unsigned source,
                          unsigned lane) {
  Words raw{};
  for (unsigned w = 0; w < words_of(element); ++w) raw[w] = wave.vector[source + w][lane];
  if (element.part == Element::Part::high) raw[0] >>= 16;
  return raw;
}

}  // namespace mlacheck::amd
