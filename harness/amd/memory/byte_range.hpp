// A stretch of bytes.
#pragma once

#include <cstdint>

namespace mlacheck::amd {

struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  bool operator==(const ByteRange&) const = default;
};

}  // namespace mlacheck::amd
