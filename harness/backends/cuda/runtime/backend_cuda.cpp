#include "harness/backends/cuda/backend_cuda.hpp"

#include <cuda_runtime_api.h>

#include "harness/backends/cuda/driver_watch.hpp"
#include "harness/backends/cuda/virtual_memory.hpp"
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

  static std::byte* allocate_guarded(std::size_t bytes, Side side) {
    return cuda::allocate_guarded(bytes, side);
  }
  static std::byte* allocate_sparse(std::size_t bytes, const std::vector<Range>& touched) {
    return cuda::allocate_sparse(bytes, touched);
  }
  static std::byte* allocate_spread(std::size_t bytes, const std::vector<Range>& touched) {
    return cuda::allocate_spread(bytes, touched);
  }
  static void free_mapped(std::byte* memory) { cuda::free_mapped(memory); }

  using WatchPause = cuda::WatchPause;
  static void watch() { cuda::watch(); }
  static std::optional<DriverWork> watched() { return cuda::watched(); }
  static std::string watch_unavailable() { return cuda::watch_unavailable(); }

  static constexpr bool kCaptures = true;
  // Relaxed: scratch is allocated while recording.
  static Error begin_capture(Stream stream) {
    return cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed);
  }
  static Error end_capture(Stream stream) {
    cudaGraph_t graph = nullptr;
    const Error ended = cudaStreamEndCapture(stream, &graph);
    if (!ok(ended)) return ended;
    if (recorded != nullptr) cudaGraphExecDestroy(recorded);
    recorded = nullptr;
    const Error made = cudaGraphInstantiate(&recorded, graph, 0);
    cudaGraphDestroy(graph);
    return made;
  }
  static Error replay(Stream stream) { return cudaGraphLaunch(recorded, stream); }
  static inline cudaGraphExec_t recorded = nullptr;
};

}  // namespace

std::unique_ptr<Backend> make_cuda_backend() { return std::make_unique<GpuBackend<CudaApi>>(); }

}  // namespace mlacheck
