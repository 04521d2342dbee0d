// Addresses and physical memory apart.
#include "harness/amd/runtime/call.hpp"

using mlacheck::amd::device_call;
using mlacheck::amd::Runtime;
using mlacheck::amd::VirtualMemory;

namespace {

hipError_t error_of(VirtualMemory::Result result) {
  switch (result) {
    case VirtualMemory::Result::success:
      return hipSuccess;
    case VirtualMemory::Result::no_memory:
      return hipErrorOutOfMemory;
    default:
      return hipErrorInvalidValue;
  }
}

std::uint64_t address_of(const void* memory) { return reinterpret_cast<std::uint64_t>(memory); }

bool is_device_memory(const hipMemAllocationProp* properties) {
  return properties != nullptr && properties->type == hipMemAllocationTypePinned &&
         properties->location.type == hipMemLocationTypeDevice && properties->location.id == 0;
}

}  // namespace

extern "C" {

hipError_t hipMemGetAllocationGranularity(std::size_t* bytes,
                                          const hipMemAllocationProp* properties,
                                          hipMemAllocationGranularity_flags /*option*/) {
  return device_call([&](Runtime&) {
    if (bytes == nullptr || !is_device_memory(properties)) return hipErrorInvalidValue;
    *bytes = VirtualMemory::kGranule;
    return hipSuccess;
  });
}

// A wanted address is a hint in HIP, too.
hipError_t hipMemAddressReserve(void** memory, std::size_t bytes, std::size_t alignment,
                                void* /*wanted*/, unsigned long long flags) {
  return device_call([&](Runtime& runtime) {
    if (memory == nullptr || flags != 0) return hipErrorInvalidValue;
    std::uint64_t address = 0;
    const auto reserved = runtime.virtual_memory().reserve(bytes, alignment, address);
    *memory = reinterpret_cast<void*>(address);  // NOLINT(performance-no-int-to-ptr)
    return error_of(reserved);
  });
}

hipError_t hipMemAddressFree(void* memory, std::size_t bytes) {
  return device_call([&](Runtime& runtime) {
    return error_of(runtime.virtual_memory().release_addresses(address_of(memory), bytes));
  });
}

hipError_t hipMemCreate(hipMemGenericAllocationHandle_t* handle, std::size_t bytes,
                        const hipMemAllocationProp* properties, unsigned long long flags) {
  return device_call([&](Runtime& runtime) {
    if (handle == nullptr || flags != 0 || !is_device_memory(properties)) {
      return hipErrorInvalidValue;
    }
    VirtualMemory::Handle made = 0;
    const hipError_t error = error_of(runtime.virtual_memory().create(bytes, made));
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    *handle = reinterpret_cast<hipMemGenericAllocationHandle_t>(made);
    if (error == hipSuccess) ++runtime.work().allocations;
    return error;
  });
}

hipError_t hipMemRelease(hipMemGenericAllocationHandle_t handle) {
  return device_call([&](Runtime& runtime) {
    return error_of(runtime.virtual_memory().release(address_of(handle)));
  });
}

hipError_t hipMemMap(void* memory, std::size_t bytes, std::size_t offset,
                     hipMemGenericAllocationHandle_t handle, unsigned long long flags) {
  return device_call([&](Runtime& runtime) {
    if (flags != 0) return hipErrorInvalidValue;
    return error_of(
        runtime.virtual_memory().map(address_of(memory), bytes, offset, address_of(handle)));
  });
}

hipError_t hipMemUnmap(void* memory, std::size_t bytes) {
  return device_call([&](Runtime& runtime) {
    return error_of(runtime.virtual_memory().unmap(address_of(memory), bytes));
  });
}

hipError_t hipMemSetAccess(void* memory, std::size_t bytes, const hipMemAccessDesc* access,
                           std::size_t count) {
  return device_call([&](Runtime& runtime) {
    if (access == nullptr || count != 1 || access->location.type != hipMemLocationTypeDevice ||
        access->location.id != 0) {
      return hipErrorInvalidValue;
    }
    // A kernel's store to memory that it may only read would not be seen.
    if (access->flags == hipMemAccessFlagsProtRead) return hipErrorNotSupported;
    return error_of(runtime.virtual_memory().set_access(
        address_of(memory), bytes, access->flags == hipMemAccessFlagsProtReadWrite));
  });
}

/// For the hip backend, which looks it up by name: calls `found` with each range of
/// VirtualMemory::touched(), offset and bytes.
hipError_t mlacheck_interpreted_touched(const void* memory, std::size_t bytes,
                                        void (*found)(void*, std::uint64_t, std::uint64_t),
                                        void* context);
hipError_t mlacheck_interpreted_touched(const void* memory, std::size_t bytes,
                                        void (*found)(void*, std::uint64_t, std::uint64_t),
                                        void* context) {
  return device_call([&](Runtime& runtime) {
    const auto touched = runtime.virtual_memory().touched(address_of(memory), bytes);
    if (!touched) return hipErrorInvalidValue;
    for (const auto& range : *touched) found(context, range.offset, range.bytes);
    return hipSuccess;
  });
}

}  // extern "C"
