#include "harness/backends/hip/backend_hip.hpp"

#include <hip/hip_runtime_api.h>

#include "harness/backends/gpu_backend.hpp"
#include "harness/backends/hip/interpreted_blocks.hpp"
#include "harness/backends/hip/interpreted_work.hpp"
#include "harness/backends/hip/virtual_memory.hpp"

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

  // A device that lacks them says so: hip::mapping_unavailable().
  static std::byte* allocate_guarded(std::size_t bytes, Side side) {
    return hip::allocate_guarded(bytes, side);
  }
  static std::byte* allocate_sparse(std::size_t bytes, const std::vector<Range>& touched) {
    return hip::allocate_sparse(bytes, touched);
  }
  static std::byte* allocate_spread(std::size_t bytes, const std::vector<Range>& touched) {
    return hip::allocate_spread(bytes, touched);
  }
  static std::optional<std::vector<Range>> touched_pages(const std::byte* memory) {
    return hip::touched_pages(memory);
  }
  static void free_mapped(std::byte* memory) { hip::free_mapped(memory); }
  static std::string mapping_unavailable() { return hip::mapping_unavailable(); }

  static bool can_order() { return hip::can_order(); }
  static void set_order(Order order, std::uint64_t seed) { hip::set_order(order, seed); }

  using WatchPause = hip::WatchPause;
  static void watch() { hip::watch(); }
  static std::optional<DriverWork> watched() { return hip::watched(); }
  static std::string watch_unavailable() { return hip::watch_unavailable(); }

  static constexpr bool kCaptures = true;
  // Relaxed: scratch is allocated while recording.
  static Error begin_capture(Stream stream) {
    return hipStreamBeginCapture(stream, hipStreamCaptureModeRelaxed);
  }
  static Error end_capture(Stream stream) {
    hipGraph_t graph = nullptr;
    const Error ended = hipStreamEndCapture(stream, &graph);
    if (!ok(ended)) return ended;
    if (recorded != nullptr) static_cast<void>(hipGraphExecDestroy(recorded));
    recorded = nullptr;
    const Error made = hipGraphInstantiate(&recorded, graph, nullptr, nullptr, 0);
    static_cast<void>(hipGraphDestroy(graph));
    return made;
  }
  static Error replay(Stream stream) { return hipGraphLaunch(recorded, stream); }
  static bool can_choose_blocks() { return hip::can_choose_blocks(); }
  static Status replay_blocks(const std::vector<std::vector<std::uint64_t>>& blocks) {
    return hip::run_blocks(recorded, blocks);
  }
  static inline hipGraphExec_t recorded = nullptr;
};

}  // namespace

std::unique_ptr<Backend> make_hip_backend() { return std::make_unique<GpuBackend<HipApi>>(); }

}  // namespace mlacheck
