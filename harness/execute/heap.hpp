// How much of this process's heap is in use.
#pragma once

#include <cstdint>

namespace mlacheck {

/// Bytes, of all threads together; 0 where the C library does not tell. A sanitizer's allocator
/// does not.
std::int64_t heap_in_use();

}  // namespace mlacheck
