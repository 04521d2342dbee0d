// The launch limits that all backends enforce alike, so that a launch that only a CPU would accept
// is refused on the CPU too; and the shared memory of each backend, for host routines to ask about.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "harness/op/launch_context.hpp"
#include "harness/op/status.hpp"

namespace mlacheck {

inline constexpr unsigned kMaxBlockThreads = 1024;
inline constexpr unsigned kMaxBlockZ = 64;
inline constexpr unsigned kMaxGridX = 0x7fffffffU;
inline constexpr unsigned kMaxGridYZ = 65535;
inline constexpr std::size_t kMaxSharedBytes = 227 * 1024;

/// Shared memory of one block, static and dynamic: compute capability 9.0 (CUDA C++ Programming
/// Guide, "Technical Specifications per Compute Capability"), the local data share of gfx9 and
/// gfx10, and what the executor enforces.
inline constexpr std::size_t kCudaSharedBytes = 227 * 1024;
inline constexpr std::size_t kHipSharedBytes = 64 * 1024;
inline constexpr std::size_t kCpuSharedBytes = kMaxSharedBytes;

/// What a kernel may use without opting in, and the limit of its static arrays.
inline constexpr std::size_t kMaxStaticSharedBytes = 48 * 1024;

namespace detail {

inline std::string print_dim3(Dim3 d) {
  return "(" + std::to_string(d.x) + "," + std::to_string(d.y) + "," + std::to_string(d.z) + ")";
}

inline Status refuse_launch(const LaunchRecord& launch, const std::string& what,
                            const std::string& value, const std::string& expected) {
  return {StatusCode::launch_failed, "kernel " + std::string(launch.kernel) + ": " + what + " is " +
                                         value + " where " + expected};
}

}  // namespace detail

/// For a host routine whose shared memory grows with an argument: refuses by the argument's name,
/// before anything is launched, where a block would need more than the backend has.
inline Status check_shared_bytes(std::string_view argument, std::string_view value,
                                 std::size_t needed, std::size_t limit) {
  if (needed <= limit) return {};
  return Status::invalid(argument, value,
                         "at most " + std::to_string(limit) +
                             " bytes of shared memory are available, and a block would need " +
                             std::to_string(needed));
}

inline Status check_launch_limits(const LaunchRecord& launch) {
  const Dim3 grid = launch.grid;
  const Dim3 block = launch.block;
  if (grid.x == 0 || grid.y == 0 || grid.z == 0) {
    return detail::refuse_launch(launch, "grid", detail::print_dim3(grid),
                                 "every extent must be at least 1");
  }
  if (block.x == 0 || block.y == 0 || block.z == 0) {
    return detail::refuse_launch(launch, "block", detail::print_dim3(block),
                                 "every extent must be at least 1");
  }
  if (grid.x > kMaxGridX || grid.y > kMaxGridYZ || grid.z > kMaxGridYZ) {
    return detail::refuse_launch(launch, "grid", detail::print_dim3(grid),
                                 "the limits are (2147483647,65535,65535)");
  }
  // The extents are multiplied only once each is known to be small.
  if (block.x > kMaxBlockThreads || block.y > kMaxBlockThreads || block.z > kMaxBlockZ ||
      block.count() > kMaxBlockThreads) {
    return detail::refuse_launch(launch, "block", detail::print_dim3(block),
                                 "at most 1024 threads with z at most 64 are allowed");
  }
  if (launch.dynamic_shared_bytes > kMaxSharedBytes) {
    return detail::refuse_launch(launch, "dynamic shared memory",
                                 std::to_string(launch.dynamic_shared_bytes) + " bytes",
                                 "at most " + std::to_string(kMaxSharedBytes) + " are available");
  }
  return {};
}

}  // namespace mlacheck
