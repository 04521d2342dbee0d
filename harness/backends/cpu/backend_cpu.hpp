// The cpu backend: host memory, kernels run by the fiber executor at one warp width.
#pragma once

#include "harness/backends/backend.hpp"

namespace mlacheck {

/// `warp_width` is 32 or 64; the name is "cpu.w32" or "cpu.w64".
std::unique_ptr<Backend> make_cpu_backend(int warp_width);

}  // namespace mlacheck
