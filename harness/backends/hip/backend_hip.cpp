#include "harness/backends/hip/backend_hip.hpp"

#include <hip/hip_runtime_api.h>

#include "harness/backends/gpu_backend.hpp"

namespace mlacheck {
namespace {

struct HipApi {
  static constexpr const char* kName = "hip";
  using Error = hipError_t;
  using Stream = hipStream_t;

  static bool ok(Error error) { return error == hipSuccess; }
  static std::string text(Error error) {
    return std::string(hipGetErrorName(error)) + ": " + hipGetErrorString(error);
  }
  static Error device_count(int* count) { return hipGetDeviceCount(count); }
  static std::string device_name() {
    hipDeviceProp_t properties{};
    if (!ok(hipGetDeviceProperties(&properties, 0))) return "unknown device";
    return std::string(properties.name) + ", warp width " + std::to_string(properties.warpSize);
  }
  static Error create_stream(Stream* stream) { return hipStreamCreate(stream); }
  static Error synchronize(Stream stream) { return hipStreamSynchronize(stream); }
  static Error allocate(void** memory, std::size_t bytes) { return hipMalloc(memory, bytes); }
  static Error free(void* memory) { return hipFree(memory); }
  static Error copy_to_device(void* to, const void* from, std::size_t bytes, Stream stream) {
    return hipMemcpyAsync(to, from, bytes, hipMemcpyHostToDevice, stream);
  }
  static Error copy_to_host(void* to, const void* from, std::size_t bytes, Stream stream) {
    return hipMemcpyAsync(to, from, bytes, hipMemcpyDeviceToHost, stream);
  }
  static Error fill(void* to, int value, std::size_t bytes, Stream stream) {
    return hipMemsetAsync(to, value, bytes, stream);
  }

  // Address ranges and graphs are left to CUDA: not every HIP implementation has them.
  static std::byte* allocate_guarded(std::size_t /*bytes*/, Side /*side*/) { return nullptr; }
  static std::byte* allocate_sparse(std::size_t /*bytes*/, const std::vector<Range>& /*touched*/) {
    return nullptr;
  }
  static std::byte* allocate_spread(std::size_t /*bytes*/, const std::vector<Range>& /*touched*/) {
    return nullptr;
  }
  static void free_mapped(std::byte* /*memory*/) {}
  struct WatchPause {
    WatchPause() {}  // user-provided, so that one that is only kept alive counts as used
  };
  static void watch() {}
  static std::optional<DriverWork> watched() { return std::nullopt; }
  static std::string watch_unavailable() { return "the HIP runtime is not watched"; }

  static constexpr bool kCaptures = false;
  static Error begin_capture(Stream /*stream*/) { return hipErrorNotSupported; }
  static Error end_capture(Stream /*stream*/) { return hipErrorNotSupported; }
  static Error replay(Stream /*stream*/) { return hipErrorNotSupported; }
};

}  // namespace

std::unique_ptr<Backend> make_hip_backend() { return std::make_unique<GpuBackend<HipApi>>(); }

}  // namespace mlacheck
