// What the HIP runtime of harness/amd, the interpreter, can do for grids that are too large to run whole:
// run chosen blocks of them, and tell which pages those touched.
#pragma once

#include <hip/hip_runtime_api.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "harness/backends/backend.hpp"

namespace mlacheck::hip {

/// Whether run_blocks() can be called.
bool can_choose_blocks();

/// As Backend::replay_blocks(), of the launches in `graph`. Unsupported where the graph has another
/// number of launches than there are lists, or copies and fills.
Status run_blocks(hipGraphExec_t graph, const std::vector<std::vector<std::uint64_t>>& blocks);

/// Of `bytes` bytes of whole mappings, pages that were touched, in ascending order. Nothing where the
/// runtime cannot tell.
std::optional<std::vector<Range>> touched_ranges(const std::byte* memory, std::size_t bytes);

}  // namespace mlacheck::hip
