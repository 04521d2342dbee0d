// Capture: what a stream is asked for is recorded, and replayed as often as wanted.
#include "harness/amd/runtime/call.hpp"

using mlacheck::amd::device_call;
using mlacheck::amd::Graph;
using mlacheck::amd::Recording;
using mlacheck::amd::Runtime;

// HIP's names for them.
struct ihipGraph {
  Graph items;
};
struct hipGraphExec {
  Graph items;
};

extern "C" {

hipError_t hipStreamBeginCapture(hipStream_t stream, hipStreamCaptureMode mode) {
  return device_call([&](Runtime& runtime) {
    // The null stream cannot be captured.
    if (!runtime.known(stream)) return hipErrorInvalidHandle;
    if (runtime.recording_of(stream) != nullptr) return hipErrorStreamCaptureUnsupported;
    stream->recording = Recording{mode, false, {}};
    return hipSuccess;
  });
}

hipError_t hipStreamEndCapture(hipStream_t stream, hipGraph_t* graph) {
  return device_call([&](Runtime& runtime) {
    if (graph == nullptr) return hipErrorInvalidValue;
    *graph = nullptr;
    if (!runtime.known(stream)) return hipErrorInvalidHandle;
    if (!stream->recording) return hipErrorStreamCaptureUnmatched;
    const Recording recording = std::move(*stream->recording);
    stream->recording.reset();
    const bool joined = runtime.leave_capture(stream);
    if (recording.invalid) return hipErrorStreamCaptureInvalidated;
    if (!joined) return hipErrorStreamCaptureUnjoined;
    *graph = new ihipGraph{recording.graph};
    return hipSuccess;
  });
}

hipError_t hipStreamIsCapturing(hipStream_t stream, hipStreamCaptureStatus* status) {
  return device_call([&](Runtime& runtime) {
    if (status == nullptr) return hipErrorInvalidValue;
    if (stream != nullptr && !runtime.known(stream)) return hipErrorInvalidHandle;
    *status = hipStreamCaptureStatusNone;
    if (const Recording* const recording = runtime.recording_of(stream)) {
      *status =
          recording->invalid ? hipStreamCaptureStatusInvalidated : hipStreamCaptureStatusActive;
    }
    return hipSuccess;
  });
}

// Only their number can be asked for.
hipError_t hipGraphGetNodes(hipGraph_t graph, hipGraphNode_t* nodes, std::size_t* count) {
  return device_call([&](Runtime&) {
    if (graph == nullptr || count == nullptr) return hipErrorInvalidValue;
    if (nodes != nullptr) return hipErrorNotSupported;
    *count = graph->items.size();
    return hipSuccess;
  });
}

hipError_t hipGraphInstantiate(hipGraphExec_t* executable, hipGraph_t graph,
                               hipGraphNode_t* error_node, char* log, std::size_t log_bytes) {
  return device_call([&](Runtime&) {
    if (executable == nullptr || graph == nullptr) return hipErrorInvalidValue;
    if (error_node != nullptr) *error_node = nullptr;
    if (log != nullptr && log_bytes > 0) *log = '\0';
    *executable = new hipGraphExec{graph->items};
    return hipSuccess;
  });
}

hipError_t hipGraphLaunch(hipGraphExec_t executable, hipStream_t stream) {
  return device_call([&](Runtime& runtime) {
    if (executable == nullptr) return hipErrorInvalidValue;
    if (stream != nullptr && !runtime.known(stream)) return hipErrorInvalidHandle;
    // A graph within a graph would be a node of another kind.
    if (runtime.recording_of(stream) != nullptr) return hipErrorStreamCaptureUnsupported;
    return runtime.run(executable->items);
  });
}

/// For the hip backend, which looks it up by name: see Runtime::run_blocks(). `numbers` has the lists of
/// all launches one after the other, of `counts[i]` blocks for launch i.
hipError_t mlacheck_interpreted_blocks(hipGraphExec_t executable, const std::uint64_t* numbers,
                                       const std::size_t* counts, std::size_t launches);
hipError_t mlacheck_interpreted_blocks(hipGraphExec_t executable, const std::uint64_t* numbers,
                                       const std::size_t* counts, std::size_t launches) {
  return device_call([&](Runtime& runtime) {
    if (executable == nullptr) return hipErrorInvalidValue;
    std::vector<std::span<const std::uint64_t>> blocks;
    for (std::size_t i = 0; i < launches; ++i) {
      blocks.emplace_back(numbers, counts[i]);
      numbers += counts[i];
    }
    return runtime.run_blocks(executable->items, blocks);
  });
}

hipError_t hipGraphExecDestroy(hipGraphExec_t executable) {
  return device_call([&](Runtime&) {
    if (executable == nullptr) return hipErrorInvalidValue;
    delete executable;
    return hipSuccess;
  });
}

hipError_t hipGraphDestroy(hipGraph_t graph) {
  return device_call([&](Runtime&) {
    if (graph == nullptr) return hipErrorInvalidValue;
    delete graph;
    return hipSuccess;
  });
}

}  // extern "C"
