#include "harness/backends/cuda/backend_cuda.hpp"

#include <cuda_runtime_api.h>

#include "harness/backends/gpu_backend.hpp"

namespace mlacheck {
namespace {

struct CudaApi {
  static constexpr const char* kName = "cuda";
  using Error = cudaError_t;
  using Stream = cudaStream_t;

  static bool ok(Error error) { return error == cudaSuccess; }
  static std::string text(Error error) {
    return std::string(cudaGetErrorName(error)) + ": " + cudaGetErrorString(error);
  }
  static Error device_count(int* count) { return cudaGetDeviceCount(count); }
  static std::string device_name() {
    cudaDeviceProp properties{};
    int driver = 0;
    if (!ok(cudaGetDeviceProperties(&properties, 0)) || !ok(cudaDriverGetVersion(&driver))) {
      return "unknown device";
    }
    return std::string(properties.name) + ", sm_" + std::to_string(properties.major) +
           std::to_string(properties.minor) + ", driver API " + std::to_string(driver / 1000) +
           "." + std::to_string(driver % 1000 / 10);
  }
  static Error create_stream(Stream* stream) {
    return cudaStreamCreateWithFlags(stream, cudaStreamNonBlocking);
  }
  static Error synchronize(Stream stream) { return cudaStreamSynchronize(stream); }
  static Error allocate(void** memory, std::size_t bytes) { return cudaMalloc(memory, bytes); }
  static Error free(void* memory) { return cudaFree(memory); }
  static Error copy_to_device(void* to, const void* from, std::size_t bytes, Stream stream) {
    return cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream);
  }
  static Error copy_to_host(void* to, const void* from, std::size_t bytes, Stream stream) {
    return cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream);
  }
  static Error fill(void* to, int value, std::size_t bytes, Stream stream) {
    return cudaMemsetAsync(to, value, bytes, stream);
  }
};

}  // namespace

std::unique_ptr<Backend> make_cuda_backend() { return std::make_unique<GpuBackend<CudaApi>>(); }

}  // namespace mlacheck
