// The cuda backend: device memory and one stream of the current device.
#pragma once

#include "harness/backends/backend.hpp"

namespace mlacheck {

std::unique_ptr<Backend> make_cuda_backend();

}  // namespace mlacheck
