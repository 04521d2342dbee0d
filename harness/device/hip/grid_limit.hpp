// The limit of a grid that HIP has beside those of harness/device/launch_limits.hpp.
#pragma once

#include <cstdint>
#include <string>

#include "harness/device/launch_limits.hpp"
#include "harness/op/launch_context.hpp"
#include "harness/op/status.hpp"

namespace mlacheck {

/// A dispatch packet counts the threads along an axis, not the blocks, and has 32 bits for them ("HSA
/// Platform System Architecture Specification" 1.2, AQL kernel dispatch packet, grid_size_x). A larger
/// grid is one that this device cannot run: StatusCode::unsupported.
inline Status check_hip_grid(const LaunchRecord& launch) {
  constexpr std::uint64_t kMost = 0xffffffffU;
  const auto fits = [](unsigned blocks, unsigned threads) {
    return std::uint64_t{blocks} * threads <= kMost;
  };
  const Dim3 grid = launch.grid;
  const Dim3 block = launch.block;
  if (fits(grid.x, block.x) && fits(grid.y, block.y) && fits(grid.z, block.z)) return {};
  return {StatusCode::unsupported, "kernel " + std::string(launch.kernel) + ": grid " +
                                       detail::print_dim3(grid) + " of blocks " +
                                       detail::print_dim3(block) +
                                       " where HIP takes at most 4294967295 threads along an axis"};
}

}  // namespace mlacheck
