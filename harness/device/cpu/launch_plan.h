// One launch, as the kernel unit hands it to the executor.
#pragma once

#include <cstddef>

#include "harness/op/launch_context.hpp"
#include "harness/op/status.hpp"

namespace mlacheck::cpu {

/// Everything the executor needs to know about one launch.
struct LaunchPlan {
  LaunchRecord record;
  int warp_width = 0;
  void (*thread_main)(const void* params) = nullptr;
  const void* params = nullptr;
  std::size_t params_bytes = 0;  ///< trivially copyable
};

Status launch_grid(const LaunchPlan& plan, LaunchContext& context);

}  // namespace mlacheck::cpu
