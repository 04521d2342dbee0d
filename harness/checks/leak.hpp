// Memory that every call leaves on the heap.
#pragma once

#include <cstdint>
#include <functional>

namespace mlacheck {

/// Bytes that the last of many calls left on the heap, if every one of them left some; else 0.
/// Caches, the allocator's own among them, fill up within a few calls; a leak grows at every one.
/// `call` makes one call and tells what it left, 0 or less to stop.
std::int64_t growth_at_every_call(const std::function<std::int64_t()>& call);

}  // namespace mlacheck
