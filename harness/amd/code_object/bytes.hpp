// Little-endian fields out of bytes that may end too early.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "harness/amd/code_object/error.hpp"

namespace mlacheck::amd {

/// `bytes` from `offset`, `count` of them; `what` is for the message if they are not there.
inline std::span<const std::byte> part_of(std::span<const std::byte> bytes, std::size_t offset,
                                          std::size_t count, std::string_view what) {
  if (offset > bytes.size() || count > bytes.size() - offset) {
    throw CodeObjectError(std::string(what) + ": bytes " + std::to_string(offset) + " to " +
                          std::to_string(offset) + " + " + std::to_string(count) +
                          " are wanted, and there are " + std::to_string(bytes.size()));
  }
  return bytes.subspan(offset, count);
}

template <class T>
T field(std::span<const std::byte> bytes, std::size_t offset, std::string_view what) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  std::memcpy(&value, part_of(bytes, offset, sizeof value, what).data(), sizeof value);
  return value;
}

inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace mlacheck::amd
