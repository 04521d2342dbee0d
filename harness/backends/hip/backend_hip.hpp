// The hip backend: device memory and one stream of the current device.
#pragma once

#include "harness/backends/backend.hpp"

namespace mlacheck {

std::unique_ptr<Backend> make_hip_backend();

}  // namespace mlacheck
