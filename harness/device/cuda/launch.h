// Launch on CUDA: include harness/device/launch.h instead.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <string>

#include "harness/device/cuda/dialect.h"
#include "harness/device/launch_limits.hpp"
#include "harness/op/launch_context.hpp"
#include "harness/op/status.hpp"

namespace mlacheck::MLACHECK_TARGET {

/// What a block of this backend may use, static and dynamic.
inline constexpr std::size_t kSharedBytes = kCudaSharedBytes;

template <class K>
__global__ void kernel_entry(typename K::Params params, unsigned long long* receipt) {
  K::kernel(params);
  // Threads may have returned from the kernel at different times: the first of the block counts it.
  if (receipt != nullptr && threadIdx.x == 0 && threadIdx.y == 0 && threadIdx.z == 0) {
    atomicAdd(receipt, 1ULL);
  }
}

namespace detail {

inline Status launch_status(const char* kernel, const char* call, cudaError_t error) {
  if (error == cudaSuccess) return {};
  static_cast<void>(cudaGetLastError());  // reported here; must not surface at a later call
  return {StatusCode::launch_failed, "kernel " + std::string(kernel) + ": " + call + ": " +
                                         cudaGetErrorName(error) + ": " +
                                         cudaGetErrorString(error)};
}

}  // namespace detail

/// Asynchronous, on context.stream(): a fault inside the kernel shows when the stream is
/// synchronised.
template <class K>
Status launch(LaunchContext& context, Dim3 grid, Dim3 block, std::size_t dynamic_shared_bytes,
              const typename K::Params& params) {
  const LaunchRecord record{K::kName, grid, block, dynamic_shared_bytes};
  if (Status status = check_launch_limits(record); !status.ok()) return status;
  if (Status status = context.record(record); !status.ok()) return status;
  const void* const entry = reinterpret_cast<const void*>(&kernel_entry<K>);
  if (dynamic_shared_bytes > 0) {
    // Static and dynamic memory together need the opt-in above 48 KiB.
    Status status = detail::launch_status(
        K::kName, "cudaFuncSetAttribute(MaxDynamicSharedMemorySize)",
        cudaFuncSetAttribute(entry, cudaFuncAttributeMaxDynamicSharedMemorySize,
                             static_cast<int>(dynamic_shared_bytes)));
    if (!status.ok()) return status;
  }
  typename K::Params copy = params;
  unsigned long long* receipt = context.receipt_counter();
  void* arguments[] = {&copy, &receipt};
  return detail::launch_status(
      K::kName, "cudaLaunchKernel",
      cudaLaunchKernel(entry, dim3(grid.x, grid.y, grid.z), dim3(block.x, block.y, block.z),
                       arguments, dynamic_shared_bytes,
                       static_cast<cudaStream_t>(context.stream())));
}

}  // namespace mlacheck::MLACHECK_TARGET
