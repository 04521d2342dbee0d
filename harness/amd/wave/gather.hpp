// Memory instructions, 32 lanes at a time, once all their addresses are known to be good.
#pragma once

#include <array>
#include <cstring>

#include "harness/amd/vector/lanes.hpp"
#include "harness/amd/wave/element.hpp"

namespace mlacheck::amd {

/// The host's address for each lane; lanes that are not enabled have one that can be read.
using HostAddresses = std::array<u64, kHalf>;

namespace gather {

template <unsigned Bytes>
inline u32 word_at(u64 address) {
  u32 word = 0;
  const auto* from = reinterpret_cast<const void*>(address);  // NOLINT(performance-no-int-to-ptr)
  std::memcpy(&word, from, Bytes);
  return word;
}

template <unsigned Bytes>
inline void load_words(Wave& wave, unsigned target, unsigned half, u32 mask,
                       const HostAddresses& at) {
  for (unsigned w = 0; w < Bytes / 4; ++w) {
    alignas(64) std::array<u32, kHalf> word;
    for (unsigned i = 0; i < kHalf; ++i) word[i] = word_at<4>(at[i] + 4 * w);
    write_word(wave, target + w, half, mask, word.data());
  }
}

template <unsigned Bytes>
inline void load_part(Wave& wave, const Element& element, unsigned target, unsigned half, u32 mask,
                      const HostAddresses& at) {
  alignas(64) std::array<u32, kHalf> word;
  for (unsigned i = 0; i < kHalf; ++i) word[i] = word_at<Bytes>(at[i]);
  if (element.sign_extended) {
    for (u32& one : word) one = as_unsigned(sign_extended(one, 8 * Bytes));
  }
  if (element.part != Element::Part::whole) {
    const bool low = element.part == Element::Part::low;
    const u32* const before = &wave.vector[target][half * kHalf];
    for (unsigned i = 0; i < kHalf; ++i) {
      word[i] = low ? (before[i] & 0xffff'0000U) | (word[i] & 0xffffU)
                    : (before[i] & 0xffffU) | word[i] << 16;
    }
  }
  write_word(wave, target, half, mask, word.data());
}

}  // namespace gather

inline void load_half(Wave& wave, const Element& element, unsigned target, unsigned half, u32 mask,
                      const HostAddresses& at) {
  switch (element.bytes) {
    case 1:
      return gather::load_part<1>(wave, element, target, half, mask, at);
    case 2:
      return gather::load_part<2>(wave, element, target, half, mask, at);
    case 4:
      return gather::load_words<4>(wave, target, half, mask, at);
    case 8:
      return gather::load_words<8>(wave, target, half, mask, at);
    case 12:
      return gather::load_words<12>(wave, target, half, mask, at);
    default:
      return gather::load_words<16>(wave, target, half, mask, at);
  }
}

/// In the order of lanes: of those that store to one address, the last one's value stays.
inline void store_half(const Wave& wave, const Element& element, unsigned source, unsigned half,
                       u32 mask, const HostAddresses& at) {
  const unsigned first = half * kHalf;
  for (u32 rest = mask; rest != 0; rest &= rest - 1) {
    const auto i = static_cast<unsigned>(std::countr_zero(rest));
    void* const to = reinterpret_cast<void*>(at[i]);  // NOLINT(performance-no-int-to-ptr)
    if (element.bytes == 4) {
      std::memcpy(to, &wave.vector[source][first + i], 4);
    } else {
      const Words raw = take_element(wave, element, source, first + i);
      std::memcpy(to, raw.data(), element.bytes);
    }
  }
}

}  // namespace mlacheck::amd
