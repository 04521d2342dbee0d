// What every call of the interface does around its own work.
#pragma once

#include <hip/hip_runtime_api.h>

#include <exception>
#include <mutex>
#include <string>

#include "harness/amd/code_object/error.hpp"
#include "harness/amd/runtime/runtime.hpp"

namespace mlacheck::amd {

/// The calling thread's last error, and what is to be said of it beside its name.
hipError_t last_error();
void set_last_error(hipError_t error, std::string detail = {});
void clear_last_error();

namespace detail {

template <class Work>
hipError_t guarded(Runtime& runtime, Work work, std::string& detail) {
  try {
    return work(runtime);
  } catch (const CodeObjectError& error) {
    detail = error.what();
    return hipErrorNoBinaryForGpu;
  } catch (const std::exception& error) {
    detail = error.what();
    return hipErrorUnknown;
  }
}

}  // namespace detail

/// `work` takes the runtime. For calls that work though the device is lost.
template <class Work>
hipError_t call(Work work) {
  Runtime& runtime = Runtime::get();
  const std::lock_guard lock(runtime.mutex());
  std::string detail = runtime.misconfigured();
  const hipError_t error =
      detail.empty() ? detail::guarded(runtime, work, detail) : hipErrorInvalidValue;
  if (error != hipSuccess) set_last_error(error, std::move(detail));
  return error;
}

/// For calls that need the device: after a fault all of them fail with its error.
template <class Work>
hipError_t device_call(Work work) {
  return call([&](Runtime& runtime) {
    const hipError_t lost = runtime.sticky();
    return lost != hipSuccess ? lost : work(runtime);
  });
}

/// For those that a global capture forbids, as they may wait for the device.
template <class Work>
hipError_t unsafe_call(Work work) {
  return device_call([&](Runtime& runtime) {
    return runtime.forbids_unsafe_calls() ? hipErrorStreamCaptureUnsupported : work(runtime);
  });
}

/// For copies and fills that block: they wait for the work before them.
template <class Work>
hipError_t blocking_call(Work work) {
  return unsafe_call([&](Runtime& runtime) {
    if (const hipError_t fault = runtime.wait(); fault != hipSuccess) return fault;
    ++runtime.work().synchronizations;
    return work(runtime);
  });
}

}  // namespace mlacheck::amd
