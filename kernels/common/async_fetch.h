// Elements on their way from global to shared memory, in asynchronous copies.
#pragma once

#include <cstdint>

#include "harness/device/dialect.h"

namespace mlacheck::MLACHECK_TARGET {

inline constexpr int kFetchBytes = 16;

/// Elements of a pack. In shared memory a pack begins on a 16-byte boundary.
template <class T>
inline constexpr int kFetchElements = kFetchBytes / static_cast<int>(sizeof(T));

/// A tile in shared memory, for packs.
template <class T, int kElements>
struct alignas(kFetchBytes) FetchedTile {
  T element[kElements];
};

namespace detail {

template <int kBytes, class T>
MLACHECK_DEVICE inline void fetch_in_copies_of(T* to, const T* from) {
  constexpr int kStep = kBytes / static_cast<int>(sizeof(T));
  for (int e = 0; e < kFetchElements<T>; e += kStep) async_copy<kBytes>(to + e, from + e);
}

}  // namespace detail

/// A copy can have 4 bytes and not 2: the thread copies a smaller element itself.
template <class T>
MLACHECK_DEVICE inline void fetch_element(T* to, const T* from) {
  if constexpr (sizeof(T) == 4) {
    async_copy<4>(to, from);
  } else {
    *to = *from;
  }
}

/// A pack, in the largest copies that the address of its source allows.
template <class T>
MLACHECK_DEVICE inline void fetch_pack(T* to, const T* from) {
  const auto address = reinterpret_cast<std::uintptr_t>(from);
  if (address % 16 == 0) {
    detail::fetch_in_copies_of<16>(to, from);
  } else if (address % 8 == 0) {
    detail::fetch_in_copies_of<8>(to, from);
  } else if (address % 4 == 0) {
    detail::fetch_in_copies_of<4>(to, from);
  } else {
    for (int e = 0; e < kFetchElements<T>; ++e) to[e] = from[e];
  }
}

}  // namespace mlacheck::MLACHECK_TARGET
