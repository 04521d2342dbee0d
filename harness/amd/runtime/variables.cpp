// Variables of kernels, `__device__` and `__constant__`, by the host variables that stand for them.
#include "harness/amd/runtime/call.hpp"

using mlacheck::amd::Copy;
using mlacheck::amd::device_call;
using mlacheck::amd::Module;
using mlacheck::amd::Runtime;

namespace {

/// The part of a variable that a copy names.
hipError_t part_of(Runtime& runtime, const void* symbol, std::size_t bytes, std::size_t offset,
                   void*& part) {
  const auto* const variable = runtime.variables().find(symbol);
  if (variable == nullptr) return hipErrorInvalidSymbol;
  if (offset > variable->bytes || bytes > variable->bytes - offset) return hipErrorInvalidValue;
  part = reinterpret_cast<void*>(variable->address + offset);  // NOLINT(performance-no-int-to-ptr)
  return hipSuccess;
}

bool copies_to_device(hipMemcpyKind kind) {
  return kind == hipMemcpyHostToDevice || kind == hipMemcpyDeviceToDevice ||
         kind == hipMemcpyDefault;
}
bool copies_from_device(hipMemcpyKind kind) {
  return kind == hipMemcpyDeviceToHost || kind == hipMemcpyDeviceToDevice ||
         kind == hipMemcpyDefault;
}

hipError_t copy_to(Runtime& runtime, const void* symbol, const void* from, std::size_t bytes,
                   std::size_t offset, hipMemcpyKind kind, hipStream_t stream) {
  if (!copies_to_device(kind)) return hipErrorInvalidMemcpyDirection;
  if (from == nullptr && bytes > 0) return hipErrorInvalidValue;
  void* to = nullptr;
  const hipError_t error = part_of(runtime, symbol, bytes, offset, to);
  return error != hipSuccess ? error : runtime.submit(stream, Copy{to, from, bytes, kind});
}

hipError_t copy_from(Runtime& runtime, void* to, const void* symbol, std::size_t bytes,
                     std::size_t offset, hipMemcpyKind kind, hipStream_t stream) {
  if (!copies_from_device(kind)) return hipErrorInvalidMemcpyDirection;
  if (to == nullptr && bytes > 0) return hipErrorInvalidValue;
  void* from = nullptr;
  const hipError_t error = part_of(runtime, symbol, bytes, offset, from);
  return error != hipSuccess ? error : runtime.submit(stream, Copy{to, from, bytes, kind});
}

}  // namespace

extern "C" {

// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming)
void __hipRegisterVar(void** handle, void* variable, char* /*host_name*/, char* name,
                      int /*external*/, std::size_t /*bytes*/, int /*constant*/, int /*global*/) {
  Runtime& runtime = Runtime::get();
  const std::lock_guard lock(runtime.mutex());
  auto* const module = reinterpret_cast<Module*>(handle);
  if (module != nullptr) runtime.variables().add(variable, *module, name);
}

hipError_t hipGetSymbolAddress(void** address, const void* symbol) {
  return device_call([&](Runtime& runtime) {
    if (address == nullptr) return hipErrorInvalidValue;
    return part_of(runtime, symbol, 0, 0, *address);
  });
}

hipError_t hipGetSymbolSize(std::size_t* bytes, const void* symbol) {
  return device_call([&](Runtime& runtime) {
    if (bytes == nullptr) return hipErrorInvalidValue;
    const auto* const variable = runtime.variables().find(symbol);
    if (variable == nullptr) return hipErrorInvalidSymbol;
    *bytes = variable->bytes;
    return hipSuccess;
  });
}

hipError_t hipMemcpyToSymbol(const void* symbol, const void* from, std::size_t bytes,
                             std::size_t offset, hipMemcpyKind kind) {
  return mlacheck::amd::blocking_call([&](Runtime& runtime) {
    return copy_to(runtime, symbol, from, bytes, offset, kind, nullptr);
  });
}

hipError_t hipMemcpyToSymbolAsync(const void* symbol, const void* from, std::size_t bytes,
                                  std::size_t offset, hipMemcpyKind kind, hipStream_t stream) {
  return device_call([&](Runtime& runtime) {
    return copy_to(runtime, symbol, from, bytes, offset, kind, stream);
  });
}

hipError_t hipMemcpyFromSymbol(void* to, const void* symbol, std::size_t bytes, std::size_t offset,
                               hipMemcpyKind kind) {
  return mlacheck::amd::blocking_call([&](Runtime& runtime) {
    return copy_from(runtime, to, symbol, bytes, offset, kind, nullptr);
  });
}

hipError_t hipMemcpyFromSymbolAsync(void* to, const void* symbol, std::size_t bytes,
                                    std::size_t offset, hipMemcpyKind kind, hipStream_t stream) {
  return device_call([&](Runtime& runtime) {
    return copy_from(runtime, to, symbol, bytes, offset, kind, stream);
  });
}

}  // extern "C"
