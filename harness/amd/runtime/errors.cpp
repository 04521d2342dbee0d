// Errors: the last one of a thread, names and texts.
#include <algorithm>
#include <utility>

#include "harness/amd/runtime/call.hpp"

namespace mlacheck::amd {
namespace {

struct LastError {
  hipError_t code = hipSuccess;
  hipError_t described = hipSuccess;  // what the detail is about; it outlives hipGetLastError()
  std::string detail;
};
thread_local LastError last;

struct Description {
  hipError_t code;
  const char* name;
  const char* text;
};
#define MLACHECK_ERROR(name, text) {name, #name, text}
constexpr Description kDescriptions[] = {
    MLACHECK_ERROR(hipSuccess, "no error"),
    MLACHECK_ERROR(hipErrorInvalidValue, "invalid argument"),
    MLACHECK_ERROR(hipErrorOutOfMemory, "out of memory"),
    MLACHECK_ERROR(hipErrorInvalidConfiguration, "invalid launch configuration"),
    MLACHECK_ERROR(hipErrorInvalidDeviceFunction, "no such kernel for this device"),
    MLACHECK_ERROR(hipErrorInvalidDevice, "no such device"),
    MLACHECK_ERROR(hipErrorMissingConfiguration, "a launch without a configuration"),
    MLACHECK_ERROR(hipErrorNoBinaryForGpu, "no code for this device"),
    MLACHECK_ERROR(hipErrorInvalidHandle, "invalid handle"),
    MLACHECK_ERROR(hipErrorNotFound, "not found"),
    MLACHECK_ERROR(hipErrorNotReady, "not ready"),
    MLACHECK_ERROR(hipErrorIllegalAddress, "a kernel accessed memory that it may not"),
    MLACHECK_ERROR(hipErrorLaunchFailure, "a kernel failed"),
    MLACHECK_ERROR(hipErrorNotSupported, "not supported"),
    MLACHECK_ERROR(hipErrorStreamCaptureUnsupported, "not permitted while a stream is captured"),
    MLACHECK_ERROR(hipErrorStreamCaptureInvalidated, "the capture was broken by an earlier call"),
    MLACHECK_ERROR(hipErrorInvalidSymbol, "no such variable of this device's code"),
    MLACHECK_ERROR(hipErrorInvalidMemcpyDirection, "no such direction of a copy"),
    MLACHECK_ERROR(hipErrorInvalidPitchValue, "rows longer than their pitch"),
    MLACHECK_ERROR(hipErrorFileNotFound, "file not found, or empty"),
    MLACHECK_ERROR(hipErrorHostMemoryAlreadyRegistered, "memory that kernels may access already"),
    MLACHECK_ERROR(hipErrorHostMemoryNotRegistered, "memory that was not registered"),
    MLACHECK_ERROR(hipErrorCapturedEvent, "an event of a capture cannot be waited for"),
    MLACHECK_ERROR(hipErrorStreamCaptureIsolation, "an event of work outside the capture"),
    MLACHECK_ERROR(hipErrorStreamCaptureMerge, "two captures cannot become one"),
    MLACHECK_ERROR(hipErrorStreamCaptureUnjoined, "the capture never waited for a stream in it"),
    MLACHECK_ERROR(hipErrorStreamCaptureUnmatched, "this stream is not captured"),
    MLACHECK_ERROR(hipErrorUnknown, "unknown error"),
};
#undef MLACHECK_ERROR

const Description& description_of(hipError_t code) {
  const auto* const found =
      std::find_if(std::begin(kDescriptions), std::end(kDescriptions),
                   [&](const Description& known) { return known.code == code; });
  return found == std::end(kDescriptions) ? std::end(kDescriptions)[-1] : *found;
}

}  // namespace

hipError_t last_error() { return last.code; }

void set_last_error(hipError_t error, std::string detail) {
  last.code = error;
  last.described = error;
  last.detail = std::move(detail);
}

void clear_last_error() { last.code = hipSuccess; }

}  // namespace mlacheck::amd

using mlacheck::amd::Runtime;

extern "C" {

hipError_t hipGetLastError() {
  const hipError_t error = mlacheck::amd::last_error();
  Runtime& runtime = Runtime::get();
  const std::lock_guard lock(runtime.mutex());
  mlacheck::amd::clear_last_error();
  // A lost device stays lost.
  return runtime.sticky() != hipSuccess ? runtime.sticky() : error;
}

hipError_t hipPeekAtLastError() {
  Runtime& runtime = Runtime::get();
  const std::lock_guard lock(runtime.mutex());
  return runtime.sticky() != hipSuccess ? runtime.sticky() : mlacheck::amd::last_error();
}

const char* hipGetErrorName(hipError_t error) { return mlacheck::amd::description_of(error).name; }

// Valid until the calling thread asks again.
const char* hipGetErrorString(hipError_t error) {
  thread_local std::string text;
  text = mlacheck::amd::description_of(error).text;
  Runtime& runtime = Runtime::get();
  const std::lock_guard lock(runtime.mutex());
  if (error != hipSuccess && error == runtime.sticky()) {
    text += ": " + runtime.fault_text();
  } else if (error == mlacheck::amd::last.described && !mlacheck::amd::last.detail.empty()) {
    text += ": " + mlacheck::amd::last.detail;
  }
  return text.c_str();
}

}  // extern "C"
