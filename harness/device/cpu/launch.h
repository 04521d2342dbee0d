// Launch on the CPU: include harness/device/launch.h instead.
#pragma once

#include <cstddef>
#include <type_traits>

#include "harness/device/cpu/launch_plan.h"
#include "harness/device/cpu/warp.h"
#include "harness/device/launch_limits.hpp"
#include "harness/op/launch_context.hpp"
#include "harness/op/status.hpp"

// The executor calls into the kernel unit without MSan's argument shadow, so the first function it
// enters must take its arguments as initialised.
#if defined(__clang__)
#define MLACHECK_NO_MSAN __attribute__((no_sanitize("memory")))
#else
#define MLACHECK_NO_MSAN
#endif

namespace mlacheck::MLACHECK_TARGET {

/// What a block of this backend may use, static and dynamic.
inline constexpr std::size_t kSharedBytes = kCpuSharedBytes;

namespace detail {

template <class K>
MLACHECK_NO_MSAN void thread_main(const void* params) {
  K::kernel(*static_cast<const typename K::Params*>(params));
}

}  // namespace detail

template <class K>
MLACHECK_NO_MSAN Status launch(LaunchContext& context, Dim3 grid, Dim3 block,
                               std::size_t dynamic_shared_bytes, const typename K::Params& params) {
  cpu::LaunchPlan plan;
  plan.record = {K::kName, grid, block, dynamic_shared_bytes};
  plan.warp_width = kWarpWidth;
  plan.thread_main = &detail::thread_main<K>;
  static_assert(std::is_trivially_copyable_v<typename K::Params>);
  plan.params = &params;
  plan.params_bytes = sizeof params;
  return cpu::launch_grid(plan, context);
}

}  // namespace mlacheck::MLACHECK_TARGET
