// Memory: buffers, copies and fills.
#include "harness/amd/runtime/call.hpp"

using mlacheck::amd::Copy;
using mlacheck::amd::device_call;
using mlacheck::amd::Fill;
using mlacheck::amd::Runtime;
using mlacheck::amd::unsafe_call;

namespace {

hipError_t checked(const Copy& copy) {
  if (copy.kind > hipMemcpyDefault) return hipErrorInvalidMemcpyDirection;
  const bool named = copy.to != nullptr && copy.from != nullptr;
  return named || copy.bytes == 0 ? hipSuccess : hipErrorInvalidValue;
}

// Blocking calls run on the null stream and wait for it.
hipError_t run_and_wait(Runtime& runtime, mlacheck::amd::WorkItem item) {
  if (const hipError_t error = runtime.wait(); error != hipSuccess) return error;
  ++runtime.work().synchronizations;
  return runtime.submit(nullptr, std::move(item));
}

}  // namespace

extern "C" {

hipError_t hipMalloc(void** memory, std::size_t bytes) {
  return unsafe_call([&](Runtime& runtime) { return runtime.allocate(memory, bytes); });
}

hipError_t hipFree(void* memory) {
  return unsafe_call([&](Runtime& runtime) {
    // It waits for all work, which may use the memory.
    const hipError_t fault = runtime.wait();
    const hipError_t freed = runtime.free(memory);
    return fault != hipSuccess ? fault : freed;
  });
}

// Kernels may access it, too.
hipError_t hipHostMalloc(void** memory, std::size_t bytes, unsigned /*flags*/) {
  return hipMalloc(memory, bytes);
}

hipError_t hipHostFree(void* memory) { return hipFree(memory); }

hipError_t hipMemGetInfo(std::size_t* available, std::size_t* total) {
  return device_call([&](Runtime& runtime) {
    if (available == nullptr || total == nullptr) return hipErrorInvalidValue;
    *total = runtime.total_bytes();
    *available = runtime.total_bytes() - runtime.used_bytes();
    return hipSuccess;
  });
}

hipError_t hipMemcpy(void* to, const void* from, std::size_t bytes, hipMemcpyKind kind) {
  return unsafe_call([&](Runtime& runtime) {
    const Copy copy{to, from, bytes, kind};
    const hipError_t error = checked(copy);
    return error != hipSuccess ? error : run_and_wait(runtime, copy);
  });
}

hipError_t hipMemcpyAsync(void* to, const void* from, std::size_t bytes, hipMemcpyKind kind,
                          hipStream_t stream) {
  return device_call([&](Runtime& runtime) {
    const Copy copy{to, from, bytes, kind};
    const hipError_t error = checked(copy);
    return error != hipSuccess ? error : runtime.submit(stream, copy);
  });
}

hipError_t hipMemset(void* to, int value, std::size_t bytes) {
  return unsafe_call(
      [&](Runtime& runtime) { return runtime.submit(nullptr, Fill{to, value, bytes}); });
}

hipError_t hipMemsetAsync(void* to, int value, std::size_t bytes, hipStream_t stream) {
  return device_call(
      [&](Runtime& runtime) { return runtime.submit(stream, Fill{to, value, bytes}); });
}

}  // extern "C"
