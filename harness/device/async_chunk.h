// What one asynchronous copy moves.
#pragma once

namespace mlacheck {

template <int kBytes>
struct alignas(kBytes) AsyncChunk {
  static_assert(kBytes == 4 || kBytes == 8 || kBytes == 16, "a copy has 4, 8 or 16 bytes");
  unsigned char bytes[kBytes];
};

}  // namespace mlacheck
