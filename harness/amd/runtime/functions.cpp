// What a program may ask about a kernel before it launches it.
#include <algorithm>

#include "harness/amd/dispatch/dispatch.hpp"
#include "harness/amd/runtime/call.hpp"

using mlacheck::amd::device_call;
using mlacheck::amd::Kernel;
using mlacheck::amd::kMostLdsBytes;
using mlacheck::amd::kMostThreads;
using mlacheck::amd::Runtime;

namespace {

unsigned most_threads(const Kernel& kernel) {
  return kernel.most_threads == 0 ? kMostThreads : std::min(kernel.most_threads, kMostThreads);
}

/// Blocks at a time on the one multiprocessor: its threads and its LDS are those of the properties.
int blocks_at_a_time(const Kernel& kernel, unsigned threads, std::size_t dynamic_lds) {
  const std::size_t lds = kernel.lds_bytes + dynamic_lds;
  if (threads > most_threads(kernel) || lds > kMostLdsBytes) return 0;
  const std::size_t by_lds = lds == 0 ? kMostThreads : kMostLdsBytes / lds;
  return static_cast<int>(std::min<std::size_t>(kMostThreads / threads, by_lds));
}

}  // namespace

extern "C" {

hipError_t hipFuncGetAttributes(hipFuncAttributes* attributes, const void* function) {
  return device_call([&](Runtime& runtime) {
    if (attributes == nullptr) return hipErrorInvalidValue;
    const Kernel* const kernel = runtime.functions().kernel(function);
    if (kernel == nullptr) return hipErrorInvalidDeviceFunction;
    hipFuncAttributes known{};
    known.localSizeBytes = kernel->scratch_bytes;
    known.sharedSizeBytes = kernel->lds_bytes;
    known.maxDynamicSharedSizeBytes = static_cast<int>(kMostLdsBytes - kernel->lds_bytes);
    known.maxThreadsPerBlock = static_cast<int>(most_threads(*kernel));
    known.numRegs = static_cast<int>(kernel->vgprs);
    *attributes = known;
    return hipSuccess;
  });
}

// Wishes, which AMD's devices ignore, too; that for more LDS than 64 KiB is refused by the launch.
hipError_t hipFuncSetAttribute(const void* function, hipFuncAttribute /*attribute*/,
                               int /*value*/) {
  return hipFuncSetCacheConfig(function, hipFuncCachePreferNone);
}
hipError_t hipFuncSetCacheConfig(const void* function, hipFuncCache_t /*config*/) {
  return device_call([&](Runtime& runtime) {
    return runtime.functions().kernel(function) == nullptr ? hipErrorInvalidDeviceFunction
                                                           : hipSuccess;
  });
}
hipError_t hipDeviceSetCacheConfig(hipFuncCache_t /*config*/) {
  return device_call([](Runtime&) { return hipSuccess; });
}

hipError_t hipOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void* function,
                                                        int threads, std::size_t dynamic_lds) {
  return device_call([&](Runtime& runtime) {
    if (blocks == nullptr || threads <= 0) return hipErrorInvalidValue;
    const Kernel* const kernel = runtime.functions().kernel(function);
    if (kernel == nullptr) return hipErrorInvalidDeviceFunction;
    *blocks = blocks_at_a_time(*kernel, static_cast<unsigned>(threads), dynamic_lds);
    return hipSuccess;
  });
}
hipError_t hipOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, const void* function,
                                                                 int threads,
                                                                 std::size_t dynamic_lds,
                                                                 unsigned /*flags*/) {
  return hipOccupancyMaxActiveBlocksPerMultiprocessor(blocks, function, threads, dynamic_lds);
}

hipError_t hipOccupancyMaxPotentialBlockSize(int* blocks, int* threads, const void* function,
                                             std::size_t dynamic_lds, int limit) {
  return device_call([&](Runtime& runtime) {
    if (blocks == nullptr || threads == nullptr || limit < 0) return hipErrorInvalidValue;
    const Kernel* const kernel = runtime.functions().kernel(function);
    if (kernel == nullptr) return hipErrorInvalidDeviceFunction;
    *threads = static_cast<int>(most_threads(*kernel));
    if (limit > 0) *threads = std::min(*threads, limit);
    *blocks = std::max(1, blocks_at_a_time(*kernel, static_cast<unsigned>(*threads), dynamic_lds));
    return hipSuccess;
  });
}

// Its blocks may wait for each other, and here they run one after the other.
hipError_t hipLaunchCooperativeKernel(const void* /*function*/, dim3 /*blocks*/, dim3 /*threads*/,
                                      void** /*arguments*/, unsigned /*dynamic_lds*/,
                                      hipStream_t /*stream*/) {
  return device_call([](Runtime&) { return hipErrorNotSupported; });
}

}  // extern "C"
