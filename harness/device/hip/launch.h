// Launch on HIP: include harness/device/launch.h instead.
#pragma once

#include <hip/hip_runtime.h>

#include <cstddef>
#include <string>

#include "harness/device/hip/dialect.h"
#include "harness/device/hip/grid_limit.hpp"
#include "harness/device/launch_limits.hpp"
#include "harness/op/launch_context.hpp"
#include "harness/op/status.hpp"

namespace mlacheck::MLACHECK_TARGET {

/// What a block of this backend may use, static and dynamic.
inline constexpr std::size_t kSharedBytes = kHipSharedBytes;

// The compiler assumes smaller blocks than the launch limits allow, unless told.
template <class K>
__global__ void __launch_bounds__(1024)
    kernel_entry(typename K::Params params, unsigned long long* receipt) {
  K::kernel(params);
  // Threads may have returned from the kernel at different times: the first of the block counts it.
  if (receipt != nullptr && threadIdx.x == 0 && threadIdx.y == 0 && threadIdx.z == 0) {
    atomicAdd(receipt, 1ULL);
  }
}

/// Asynchronous, on context.stream(): a fault inside the kernel shows when the stream is
/// synchronised.
template <class K>
Status launch(LaunchContext& context, Dim3 grid, Dim3 block, std::size_t dynamic_shared_bytes,
              const typename K::Params& params) {
  const LaunchRecord record{K::kName, grid, block, dynamic_shared_bytes};
  if (Status status = check_launch_limits(record); !status.ok()) return status;
  if (Status status = check_hip_grid(record); !status.ok()) return status;
  if (Status status = context.record(record); !status.ok()) return status;
  // hipLaunchKernelGGL is the one spelling that every HIP implementation has. It returns nothing,
  // so an error that an earlier call left must not be taken for its own.
  static_cast<void>(hipGetLastError());
  hipLaunchKernelGGL(kernel_entry<K>, dim3(grid.x, grid.y, grid.z), dim3(block.x, block.y, block.z),
                     dynamic_shared_bytes, static_cast<hipStream_t>(context.stream()), params,
                     context.receipt_counter());
  const hipError_t error = hipGetLastError();
  if (error == hipSuccess) return {};
  return {StatusCode::launch_failed, "kernel " + std::string(K::kName) + ": launch: " +
                                         hipGetErrorName(error) + ": " + hipGetErrorString(error)};
}

}  // namespace mlacheck::MLACHECK_TARGET
