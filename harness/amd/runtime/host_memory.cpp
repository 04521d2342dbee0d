// Memory that host and kernels share: here all of it is, and what differs is what was told of it.
#include "harness/amd/runtime/call.hpp"

using mlacheck::amd::device_call;
using mlacheck::amd::Runtime;
using mlacheck::amd::unsafe_call;

extern "C" {

hipError_t hipMallocHost(void** memory, std::size_t bytes) { return hipMalloc(memory, bytes); }
hipError_t hipHostAlloc(void** memory, std::size_t bytes, unsigned /*flags*/) {
  return hipMalloc(memory, bytes);
}
hipError_t hipFreeHost(void* memory) { return hipFree(memory); }

hipError_t hipMallocManaged(void** memory, std::size_t bytes, unsigned /*flags*/) {
  return hipMalloc(memory, bytes);
}

// Ordered by the stream, which has done all its work.
hipError_t hipMallocAsync(void** memory, std::size_t bytes, hipStream_t stream) {
  return device_call([&](Runtime& runtime) {
    if (stream != nullptr && !runtime.known(stream)) return hipErrorInvalidHandle;
    // A node of a graph would allocate at each launch.
    if (runtime.recording_of(stream) != nullptr) return hipErrorStreamCaptureUnsupported;
    return runtime.allocate(memory, bytes);
  });
}
hipError_t hipFreeAsync(void* memory, hipStream_t stream) {
  return device_call([&](Runtime& runtime) {
    if (memory == nullptr) return hipErrorInvalidValue;
    if (stream != nullptr && !runtime.known(stream)) return hipErrorInvalidHandle;
    if (runtime.recording_of(stream) != nullptr) return hipErrorStreamCaptureUnsupported;
    return runtime.free(memory);
  });
}

hipError_t hipMallocPitch(void** memory, std::size_t* pitch, std::size_t width,
                          std::size_t height) {
  constexpr std::size_t kPitch = 256;
  if (pitch == nullptr) return unsafe_call([](Runtime&) { return hipErrorInvalidValue; });
  *pitch = (width + kPitch - 1) / kPitch * kPitch;
  return hipMalloc(memory, *pitch * height);
}

hipError_t hipHostRegister(void* memory, std::size_t bytes, unsigned /*flags*/) {
  return unsafe_call([&](Runtime& runtime) { return runtime.register_host(memory, bytes); });
}
hipError_t hipHostUnregister(void* memory) {
  return unsafe_call([&](Runtime& runtime) { return runtime.unregister_host(memory); });
}

hipError_t hipHostGetDevicePointer(void** device, void* host, unsigned flags) {
  return device_call([&](Runtime& runtime) {
    if (device == nullptr || flags != 0) return hipErrorInvalidValue;
    if (!runtime.allocations().contains(reinterpret_cast<std::uint64_t>(host), 1)) {
      return hipErrorInvalidValue;
    }
    *device = host;
    return hipSuccess;
  });
}

hipError_t hipMemGetAddressRange(hipDeviceptr_t* begin, std::size_t* bytes, hipDeviceptr_t inside) {
  return device_call([&](Runtime& runtime) {
    const auto* const range = runtime.allocations().find(reinterpret_cast<std::uint64_t>(inside));
    if (range == nullptr) return hipErrorNotFound;
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    if (begin != nullptr) *begin = reinterpret_cast<hipDeviceptr_t>(range->begin);
    if (bytes != nullptr) *bytes = range->end - range->begin;
    return hipSuccess;
  });
}

}  // extern "C"
