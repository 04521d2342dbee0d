// Streams and events. Work is done when it is asked for, so that waiting only tells of faults.
#include <algorithm>
#include <chrono>
#include <optional>

#include "harness/amd/runtime/call.hpp"

using mlacheck::amd::device_call;
using mlacheck::amd::Runtime;

struct ihipEvent_t {
  std::optional<std::chrono::steady_clock::time_point> recorded;
  // In a capture: its stream, the stream that the event was recorded in, and that one's work before it.
  hipStream_t origin = nullptr;
  hipStream_t stream = nullptr;
  std::uint64_t work = 0;
};

namespace {

bool known(const Runtime& runtime, hipStream_t stream) {
  return stream == nullptr || runtime.known(stream);
}

// A captured stream cannot be waited for, and its record is worth nothing from then on.
hipError_t wait_for(Runtime& runtime, hipStream_t stream) {
  if (!known(runtime, stream)) return hipErrorInvalidHandle;
  if (auto* const recording = runtime.recording_of(stream)) {
    recording->invalid = true;
    return hipErrorStreamCaptureUnsupported;
  }
  return runtime.wait();
}

// Whether the capture that an event is of still goes on.
bool captured(const Runtime& runtime, hipEvent_t event) {
  return event->origin != nullptr && runtime.known(event->origin) && event->origin->recording;
}

// The stream waits for an event, one of the two in a capture: the stream joins it, or its work has joined.
hipError_t join(const Runtime& runtime, hipStream_t stream, hipEvent_t event) {
  if (!captured(runtime, event)) return hipErrorStreamCaptureIsolation;
  // Work on the null stream cannot be part of a capture.
  if (stream == nullptr) return hipErrorStreamCaptureIsolation;
  const hipStream_t own = stream->recording ? stream : stream->origin;
  if (own != nullptr && own != event->origin) return hipErrorStreamCaptureMerge;
  if (own == nullptr) {
    stream->origin = event->origin;
    stream->work = stream->joined = 0;
  } else if (event->stream != stream && runtime.known(event->stream)) {
    event->stream->joined = std::max(event->stream->joined, event->work);
  }
  return hipSuccess;
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
    (*stream)->flags = flags;
    return hipSuccess;
  });
}

// Kept, and of no consequence: work is done when it is asked for.
hipError_t hipStreamCreateWithPriority(hipStream_t* stream, unsigned flags, int priority) {
  const hipError_t error = hipStreamCreateWithFlags(stream, flags);
  if (error == hipSuccess) (*stream)->priority = priority;
  return error;
}

hipError_t hipStreamGetFlags(hipStream_t stream, unsigned* flags) {
  return device_call([&](Runtime& runtime) {
    if (flags == nullptr) return hipErrorInvalidValue;
    if (!known(runtime, stream)) return hipErrorInvalidHandle;
    *flags = stream == nullptr ? unsigned{hipStreamDefault} : stream->flags;
    return hipSuccess;
  });
}

hipError_t hipStreamGetPriority(hipStream_t stream, int* priority) {
  return device_call([&](Runtime& runtime) {
    if (priority == nullptr) return hipErrorInvalidValue;
    if (!known(runtime, stream)) return hipErrorInvalidHandle;
    *priority = stream == nullptr ? 0 : stream->priority;
    return hipSuccess;
  });
}

hipError_t hipDeviceGetStreamPriorityRange(int* least, int* greatest) {
  return device_call([&](Runtime&) {
    if (least != nullptr) *least = 0;
    if (greatest != nullptr) *greatest = 0;
    return hipSuccess;
  });
}

// The work before it is done, so it is called at once.
hipError_t hipStreamAddCallback(hipStream_t stream, hipStreamCallback_t callback, void* data,
                                unsigned flags) {
  hipError_t status = hipSuccess;
  const hipError_t error = device_call([&](Runtime& runtime) {
    if (callback == nullptr || flags != 0) return hipErrorInvalidValue;
    status = wait_for(runtime, stream);
    return status == hipErrorInvalidHandle || status == hipErrorStreamCaptureUnsupported
               ? status
               : hipSuccess;
  });
  // Without the lock: it may take locks of its own.
  if (error == hipSuccess) callback(stream, status, data);
  return error;
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
    if (!known(runtime, stream)) return hipErrorInvalidHandle;
    if (runtime.recording_of(stream) == nullptr && !captured(runtime, event)) return hipSuccess;
    return join(runtime, stream, event);
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
    event->origin = nullptr;
    if (runtime.recording_of(stream) != nullptr) {
      event->recorded.reset();
      event->origin = stream->origin != nullptr ? stream->origin : stream;
      event->stream = stream;
      event->work = stream->work;
      return hipSuccess;
    }
    event->recorded = std::chrono::steady_clock::now();
    return hipSuccess;
  });
}

hipError_t hipEventSynchronize(hipEvent_t event) {
  return device_call([&](Runtime& runtime) {
    if (event == nullptr) return hipErrorInvalidHandle;
    if (event->origin != nullptr) return hipErrorCapturedEvent;
    ++runtime.work().synchronizations;
    return runtime.wait();
  });
}

hipError_t hipEventQuery(hipEvent_t event) {
  return device_call([&](Runtime& runtime) {
    if (event == nullptr) return hipErrorInvalidHandle;
    return event->origin != nullptr ? hipErrorCapturedEvent : runtime.wait();
  });
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
