// Streams and events. Work is done when it is asked for, so that waiting only tells of faults.
#include <chrono>
#include <optional>

#include "harness/amd/runtime/call.hpp"

using mlacheck::amd::device_call;
using mlacheck::amd::Runtime;

struct ihipEvent_t {
  std::optional<std::chrono::steady_clock::time_point> recorded;
};

namespace {

bool known(const Runtime& runtime, hipStream_t stream) {
  return stream == nullptr || runtime.known(stream);
}

// A captured stream cannot be waited for, and its record is worth nothing from then on.
hipError_t wait_for(Runtime& runtime, hipStream_t stream) {
  if (!known(runtime, stream)) return hipErrorInvalidHandle;
  if (stream != nullptr && stream->recording) {
    stream->recording->invalid = true;
    return hipErrorStreamCaptureUnsupported;
  }
  return runtime.wait();
}

}  // namespace

extern "C" {

hipError_t hipStreamCreate(hipStream_t* stream) {
  return hipStreamCreateWithFlags(stream, hipStreamDefault);
}

hipError_t hipStreamCreateWithFlags(hipStream_t* stream, unsigned flags) {
  return device_call([&](Runtime& runtime) {
    if (stream == nullptr || (flags & ~unsigned{hipStreamNonBlocking}) != 0) {
      return hipErrorInvalidValue;
    }
    *stream = runtime.add_stream();
    return hipSuccess;
  });
}

hipError_t hipStreamDestroy(hipStream_t stream) {
  return device_call([&](Runtime& runtime) {
    if (!runtime.known(stream)) return hipErrorInvalidHandle;
    runtime.remove_stream(stream);
    return hipSuccess;
  });
}

hipError_t hipStreamSynchronize(hipStream_t stream) {
  return device_call([&](Runtime& runtime) {
    ++runtime.work().synchronizations;
    return wait_for(runtime, stream);
  });
}

hipError_t hipStreamQuery(hipStream_t stream) {
  return device_call([&](Runtime& runtime) { return wait_for(runtime, stream); });
}

hipError_t hipStreamWaitEvent(hipStream_t stream, hipEvent_t event, unsigned flags) {
  return device_call([&](Runtime& runtime) {
    if (event == nullptr || flags != 0) return hipErrorInvalidValue;
    return known(runtime, stream) ? hipSuccess : hipErrorInvalidHandle;
  });
}

hipError_t hipEventCreate(hipEvent_t* event) {
  return hipEventCreateWithFlags(event, hipEventDefault);
}

hipError_t hipEventCreateWithFlags(hipEvent_t* event, unsigned /*flags*/) {
  return device_call([&](Runtime&) {
    if (event == nullptr) return hipErrorInvalidValue;
    *event = new ihipEvent_t;
    return hipSuccess;
  });
}

hipError_t hipEventDestroy(hipEvent_t event) {
  return device_call([&](Runtime&) {
    if (event == nullptr) return hipErrorInvalidHandle;
    delete event;
    return hipSuccess;
  });
}

hipError_t hipEventRecord(hipEvent_t event, hipStream_t stream) {
  return device_call([&](Runtime& runtime) {
    if (event == nullptr || !known(runtime, stream)) return hipErrorInvalidHandle;
    event->recorded = std::chrono::steady_clock::now();
    return hipSuccess;
  });
}

hipError_t hipEventSynchronize(hipEvent_t event) {
  return device_call([&](Runtime& runtime) {
    if (event == nullptr) return hipErrorInvalidHandle;
    ++runtime.work().synchronizations;
    return runtime.wait();
  });
}

hipError_t hipEventQuery(hipEvent_t event) {
  return device_call(
      [&](Runtime& runtime) { return event == nullptr ? hipErrorInvalidHandle : runtime.wait(); });
}

// Of the interpreter: nothing that says how fast a device is.
hipError_t hipEventElapsedTime(float* milliseconds, hipEvent_t from, hipEvent_t to) {
  return device_call([&](Runtime&) {
    if (milliseconds == nullptr) return hipErrorInvalidValue;
    if (from == nullptr || to == nullptr || !from->recorded || !to->recorded) {
      return hipErrorInvalidHandle;
    }
    const std::chrono::duration<float, std::milli> passed = *to->recorded - *from->recorded;
    *milliseconds = passed.count();
    return hipSuccess;
  });
}

}  // extern "C"
