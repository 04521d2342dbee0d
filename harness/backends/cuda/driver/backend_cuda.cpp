// The cuda backend of a build without the CUDA toolkit: the driver API alone. It shares the device's
// primary context, and so its memory, with every library that uses the runtime API.
#include "harness/backends/cuda/backend_cuda.hpp"

#include <array>
#include <utility>

#include "harness/backends/cuda/driver.hpp"
#include "harness/backends/cuda/driver_watch.hpp"
#include "harness/backends/cuda/virtual_memory.hpp"
#include "harness/backends/gpu_backend.hpp"

namespace mlacheck {
namespace {

using cuda::Address;
using cuda::driver;
using cuda::kSuccess;

Address address(const void* memory) { return reinterpret_cast<Address>(memory); }

// Makes the primary context of device 0 (created on the first call) current in this thread. As with
// the runtime API, a context that other code has made current stays.
cuda::Result use_device() {
  cuda::Context current = nullptr;
  if (driver().current_context(&current) == kSuccess && current != nullptr) return kSuccess;
  static const std::pair<cuda::Result, cuda::Context> kPrimary = [] {
    cuda::Context context = nullptr;
    const cuda::Result retained = driver().retain_primary_context(&context, 0);
    return std::pair(retained, context);
  }();
  if (kPrimary.first != kSuccess) return kPrimary.first;
  return driver().set_current_context(kPrimary.second);
}

// Calls `function` once this thread has a context.
template <class... Parameters, class... Arguments>
cuda::Result call(cuda::Result (*function)(Parameters...), Arguments... arguments) {
  const cuda::Result ready = use_device();
  return ready == kSuccess ? function(arguments...) : ready;
}

struct DriverApi {
  static constexpr const char* kName = "cuda";
  using Error = cuda::Result;
  using Stream = cuda::Stream;

  static bool ok(Error error) { return error == kSuccess; }
  static std::string text(Error error) { return cuda::text_of(error); }
  static Error device_count(int* count) {
    if (!driver().missing.empty()) return cuda::kNoDriver;
    const Error ready = driver().init(0);
    return ok(ready) ? driver().device_count(count) : ready;
  }
  static std::string device_name() {
    std::array<char, 256> name{};
    int major = 0;
    int minor = 0;
    int version = 0;
    if (!ok(driver().device_name(name.data(), static_cast<int>(name.size()) - 1, 0)) ||
        !ok(driver().device_attribute(&major, cuda::kComputeCapabilityMajor, 0)) ||
        !ok(driver().device_attribute(&minor, cuda::kComputeCapabilityMinor, 0)) ||
        !ok(driver().driver_version(&version))) {
      return "unknown device";
    }
    return std::string(name.data()) + ", sm_" + std::to_string(major) + std::to_string(minor) +
           ", driver API " + std::to_string(version / 1000) + "." +
           std::to_string(version % 1000 / 10);
  }
  static Error create_stream(Stream* stream) {
    return call(driver().create_stream, stream, cuda::kStreamNonBlocking);
  }
  static Error synchronize(Stream stream) { return call(driver().synchronize, stream); }
  static Error allocate(void** memory, std::size_t bytes) {
    Address made = 0;
    // As the runtime API has it, no bytes are no error.
    const Error error = bytes == 0 ? kSuccess : call(driver().allocate, &made, bytes);
    *memory = reinterpret_cast<void*>(made);  // NOLINT(performance-no-int-to-ptr): numbers there
    return error;
  }
  static Error free(void* memory) {
    return memory == nullptr ? kSuccess : call(driver().free, address(memory));
  }
  static Error copy_to_device(void* to, const void* from, std::size_t bytes, Stream stream) {
    return bytes == 0 ? kSuccess : call(driver().copy_to_device, address(to), from, bytes, stream);
  }
  static Error copy_to_host(void* to, const void* from, std::size_t bytes, Stream stream) {
    return bytes == 0 ? kSuccess : call(driver().copy_to_host, to, address(from), bytes, stream);
  }
  static Error fill(void* to, int value, std::size_t bytes, Stream stream) {
    if (bytes == 0) return kSuccess;
    return call(driver().fill, address(to), static_cast<unsigned char>(value), bytes, stream);
  }

  static std::byte* allocate_guarded(std::size_t bytes, Side side) {
    return ok(use_device()) ? cuda::allocate_guarded(bytes, side) : nullptr;
  }
  static std::byte* allocate_sparse(std::size_t bytes, const std::vector<Range>& touched) {
    return ok(use_device()) ? cuda::allocate_sparse(bytes, touched) : nullptr;
  }
  static std::byte* allocate_spread(std::size_t bytes, const std::vector<Range>& touched) {
    return ok(use_device()) ? cuda::allocate_spread(bytes, touched) : nullptr;
  }
  static void free_mapped(std::byte* memory) { cuda::free_mapped(memory); }

  using WatchPause = cuda::WatchPause;
  static void watch() { cuda::watch(); }
  static std::optional<DriverWork> watched() { return cuda::watched(); }
  static std::string watch_unavailable() { return cuda::watch_unavailable(); }

  static constexpr bool kCaptures = true;
  // Relaxed: scratch is allocated while recording.
  static Error begin_capture(Stream stream) {
    return call(driver().begin_capture, stream, cuda::kCaptureRelaxed);
  }
  static Error end_capture(Stream stream) {
    cuda::Graph graph = nullptr;
    const Error ended = call(driver().end_capture, stream, &graph);
    if (!ok(ended)) return ended;
    if (recorded != nullptr) driver().destroy_graph_exec(recorded);
    recorded = nullptr;
    const Error made = call(driver().instantiate, &recorded, graph, 0ULL);
    driver().destroy_graph(graph);
    return made;
  }
  static Error replay(Stream stream) { return call(driver().launch_graph, recorded, stream); }
  static inline cuda::GraphExec recorded = nullptr;
};

}  // namespace

std::unique_ptr<Backend> make_cuda_backend() { return std::make_unique<GpuBackend<DriverApi>>(); }

}  // namespace mlacheck
