// The device itself: how many, which, its properties.
#include <algorithm>
#include <cstdio>

#include "harness/amd/dispatch/dispatch.hpp"
#include "harness/amd/runtime/call.hpp"

using mlacheck::amd::call;
using mlacheck::amd::device_call;
using mlacheck::amd::Runtime;
using mlacheck::amd::Target;

namespace {

int warp_size(const Runtime& runtime) { return runtime.target() == Target::gfx1030 ? 32 : 64; }

int major(const Runtime& runtime) { return runtime.target() == Target::gfx1030 ? 10 : 9; }
int minor(const Runtime& runtime) { return runtime.target() == Target::gfx1030 ? 3 : 0; }
constexpr int kRegisters = 65536;

// No reader of a report may take it for hardware.
std::string device_name(const Runtime& runtime) {
  return "interpreted " + std::string(name_of(runtime.target()));
}

void set_name(char (&field)[256], const std::string& name) {
  std::snprintf(field, sizeof field, "%s", name.c_str());
}

hipError_t attribute(const Runtime& runtime, hipDeviceAttribute_t wanted, int& value) {
  switch (wanted) {
    case hipDeviceAttributeWarpSize:
      value = warp_size(runtime);
      return hipSuccess;
    case hipDeviceAttributeMaxThreadsPerBlock:
      value = static_cast<int>(mlacheck::amd::kMostThreads);
      return hipSuccess;
    case hipDeviceAttributeMaxSharedMemoryPerBlock:
      value = static_cast<int>(mlacheck::amd::kMostLdsBytes);
      return hipSuccess;
    case hipDeviceAttributeMaxThreadsPerMultiProcessor:
    case hipDeviceAttributeMaxBlockDimX:
    case hipDeviceAttributeMaxBlockDimY:
    case hipDeviceAttributeMaxBlockDimZ:
      value = static_cast<int>(mlacheck::amd::kMostThreads);
      return hipSuccess;
    case hipDeviceAttributeMaxSharedMemoryPerMultiprocessor:
      value = static_cast<int>(mlacheck::amd::kMostLdsBytes);
      return hipSuccess;
    case hipDeviceAttributeMaxGridDimX:
    case hipDeviceAttributeMaxGridDimY:
    case hipDeviceAttributeMaxGridDimZ:
      value = 0x7fffffff;
      return hipSuccess;
    case hipDeviceAttributeMaxRegistersPerBlock:
      value = kRegisters;
      return hipSuccess;
    case hipDeviceAttributeComputeCapabilityMajor:
      value = major(runtime);
      return hipSuccess;
    case hipDeviceAttributeComputeCapabilityMinor:
      value = minor(runtime);
      return hipSuccess;
    case hipDeviceAttributeMultiprocessorCount:
    case hipDeviceAttributeUnifiedAddressing:
    case hipDeviceAttributeManagedMemory:
    case hipDeviceAttributeCanMapHostMemory:
      value = 1;
      return hipSuccess;
    case hipDeviceAttributeCooperativeLaunch:
    case hipDeviceAttributeConcurrentKernels:
    case hipDeviceAttributeImageSupport:
      value = 0;
      return hipSuccess;
    default:
      return hipErrorInvalidValue;
  }
}

}  // namespace

extern "C" {

hipError_t hipInit(unsigned flags) {
  return call([&](Runtime&) { return flags == 0 ? hipSuccess : hipErrorInvalidValue; });
}

hipError_t hipGetDeviceCount(int* count) {
  return call([&](Runtime&) {
    if (count == nullptr) return hipErrorInvalidValue;
    *count = 1;
    return hipSuccess;
  });
}

hipError_t hipGetDevice(int* device) {
  return call([&](Runtime&) {
    if (device == nullptr) return hipErrorInvalidValue;
    *device = 0;
    return hipSuccess;
  });
}

hipError_t hipSetDevice(int device) {
  return call([&](Runtime&) { return device == 0 ? hipSuccess : hipErrorInvalidDevice; });
}

hipError_t hipGetDeviceProperties(hipDeviceProp_t* properties, int device) {
  return call([&](Runtime& runtime) {
    if (properties == nullptr) return hipErrorInvalidValue;
    if (device != 0) return hipErrorInvalidDevice;
    const std::string target(name_of(runtime.target()));
    hipDeviceProp_t known{};
    set_name(known.name, device_name(runtime));
    set_name(known.gcnArchName, target);
    known.totalGlobalMem = runtime.total_bytes();
    known.sharedMemPerBlock = mlacheck::amd::kMostLdsBytes;
    known.maxSharedMemoryPerMultiProcessor = mlacheck::amd::kMostLdsBytes;
    known.regsPerBlock = kRegisters;
    known.warpSize = warp_size(runtime);
    known.maxThreadsPerBlock = static_cast<int>(mlacheck::amd::kMostThreads);
    known.maxThreadsPerMultiProcessor = known.maxThreadsPerBlock;
    std::fill_n(known.maxThreadsDim, 3, known.maxThreadsPerBlock);
    std::fill_n(known.maxGridSize, 3, 0x7fffffff);
    known.major = major(runtime);
    known.minor = minor(runtime);
    known.multiProcessorCount = 1;
    *properties = known;
    return hipSuccess;
  });
}

hipError_t hipDeviceGetAttribute(int* value, hipDeviceAttribute_t wanted, int device) {
  return call([&](Runtime& runtime) {
    if (value == nullptr) return hipErrorInvalidValue;
    return device == 0 ? attribute(runtime, wanted, *value) : hipErrorInvalidDevice;
  });
}

hipError_t hipDeviceGet(hipDevice_t* device, int number) {
  return call([&](Runtime&) {
    if (device == nullptr) return hipErrorInvalidValue;
    if (number != 0) return hipErrorInvalidDevice;
    *device = 0;
    return hipSuccess;
  });
}

hipError_t hipDeviceGetName(char* name, int bytes, hipDevice_t device) {
  return call([&](Runtime& runtime) {
    if (name == nullptr || bytes <= 0) return hipErrorInvalidValue;
    if (device != 0) return hipErrorInvalidDevice;
    std::snprintf(name, static_cast<std::size_t>(bytes), "%s", device_name(runtime).c_str());
    return hipSuccess;
  });
}

hipError_t hipDeviceTotalMem(std::size_t* bytes, hipDevice_t device) {
  return call([&](Runtime& runtime) {
    if (bytes == nullptr) return hipErrorInvalidValue;
    if (device != 0) return hipErrorInvalidDevice;
    *bytes = runtime.total_bytes();
    return hipSuccess;
  });
}

// There is no other device.
hipError_t hipDeviceCanAccessPeer(int* can, int device, int peer) {
  return call([&](Runtime&) {
    if (can == nullptr) return hipErrorInvalidValue;
    if (device != 0 || peer != 0) return hipErrorInvalidDevice;
    *can = 0;
    return hipSuccess;
  });
}

// How the host waits makes no difference.
hipError_t hipSetDeviceFlags(unsigned /*flags*/) {
  return call([](Runtime&) { return hipSuccess; });
}

// A device that a fault has lost stays lost: the process has to begin again.
hipError_t hipDeviceReset() {
  return device_call([](Runtime& runtime) {
    const hipError_t fault = runtime.wait();
    runtime.reset();
    return fault;
  });
}

hipError_t hipDriverGetVersion(int* version) { return hipRuntimeGetVersion(version); }

// That of the headers: the interface which is implemented here.
hipError_t hipRuntimeGetVersion(int* version) {
  return call([&](Runtime&) {
    if (version == nullptr) return hipErrorInvalidValue;
    *version = HIP_VERSION;
    return hipSuccess;
  });
}

hipError_t hipDeviceSynchronize() {
  return mlacheck::amd::unsafe_call([&](Runtime& runtime) {
    ++runtime.work().synchronizations;
    return runtime.wait();
  });
}

}  // extern "C"
