// Device memory by address range: buffers next to an unmapped page, and ranges with holes.
#pragma once

#include <cstddef>
#include <vector>

#include "harness/backends/backend.hpp"

namespace mlacheck::cuda {

/// As Backend::allocate_guarded and allocate_sparse. A granule is 2 MiB on current devices. Null
/// when the driver lacks the functions or there is no memory.
std::byte* allocate_guarded(std::size_t bytes, Side side);
std::byte* allocate_sparse(std::size_t bytes, const std::vector<Range>& touched);
/// As Backend::allocate_spread: granules outside of `touched` are one memory many times over.
std::byte* allocate_spread(std::size_t bytes, const std::vector<Range>& touched);
void free_mapped(std::byte* memory);

}  // namespace mlacheck::cuda
