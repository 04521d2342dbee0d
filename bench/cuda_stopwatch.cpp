#include <cuda_runtime_api.h>

#include <stdexcept>
#include <string>
#include <utility>

#include "bench/stopwatch.hpp"

namespace mlacheck::bench {
namespace {

void check(const char* what, cudaError_t error) {
  if (error == cudaSuccess) return;
  throw std::runtime_error(std::string(what) + ": " + cudaGetErrorString(error));
}

class Event {
 public:
  Event() { check("cudaEventCreate", cudaEventCreate(&event_)); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { cudaEventDestroy(event_); }
  cudaEvent_t get() const { return event_; }

 private:
  cudaEvent_t event_ = nullptr;
};

class CudaStopwatch final : public Stopwatch {
 public:
  CudaStopwatch(Backend& backend, Launches launches, int calls, std::function<void()> call)
      : stream_(static_cast<cudaStream_t>(backend.stream())),
        calls_(calls),
        call_(std::move(call)) {
    if (launches == Launches::graph) record();
  }
  ~CudaStopwatch() override {
    if (graph_ != nullptr) cudaGraphExecDestroy(graph_);
  }

  double measure() override {
    check("cudaEventRecord", cudaEventRecord(begin_.get(), stream_));
    if (graph_ != nullptr) {
      check("cudaGraphLaunch", cudaGraphLaunch(graph_, stream_));
    } else {
      call_all();
    }
    check("cudaEventRecord", cudaEventRecord(end_.get(), stream_));
    check("cudaEventSynchronize", cudaEventSynchronize(end_.get()));
    float milliseconds = 0;
    check("cudaEventElapsedTime", cudaEventElapsedTime(&milliseconds, begin_.get(), end_.get()));
    return static_cast<double>(milliseconds) * 1e3 / calls_;
  }

 private:
  void call_all() {
    for (int i = 0; i < calls_; ++i) call_();
  }

  void record() {
    check("cudaStreamBeginCapture", cudaStreamBeginCapture(stream_, cudaStreamCaptureModeRelaxed));
    call_all();
    cudaGraph_t graph = nullptr;
    check("cudaStreamEndCapture", cudaStreamEndCapture(stream_, &graph));
    const cudaError_t made = cudaGraphInstantiate(&graph_, graph, 0);
    cudaGraphDestroy(graph);
    check("cudaGraphInstantiate", made);
    // The first launch would carry the transfer of the graph to the device.
    check("cudaGraphUpload", cudaGraphUpload(graph_, stream_));
  }

  cudaStream_t stream_;
  int calls_;
  std::function<void()> call_;
  cudaGraphExec_t graph_ = nullptr;
  Event begin_;
  Event end_;
};

}  // namespace

std::unique_ptr<Stopwatch> make_cuda_stopwatch(Backend& backend, Launches launches, int calls,
                                               std::function<void()> call) {
  return std::make_unique<CudaStopwatch>(backend, launches, calls, std::move(call));
}

}  // namespace mlacheck::bench
