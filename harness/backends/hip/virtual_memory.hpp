// Device memory by address range: buffers next to an unmapped page, and ranges with holes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "harness/backends/backend.hpp"

namespace mlacheck::hip {

/// As Backend::allocate_guarded, allocate_sparse and allocate_spread. Null when the device has no
/// virtual memory management, or no memory is left.
std::byte* allocate_guarded(std::size_t bytes, Side side);
std::byte* allocate_sparse(std::size_t bytes, const std::vector<Range>& touched);
std::byte* allocate_spread(std::size_t bytes, const std::vector<Range>& touched);
/// As Backend::touched_pages().
std::optional<std::vector<Range>> touched_pages(const std::byte* memory);
/// Of any of the three.
void free_mapped(std::byte* memory);

/// Why the last of these calls that gave nothing did so.
std::string mapping_unavailable();

}  // namespace mlacheck::hip
