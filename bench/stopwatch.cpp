#include "bench/stopwatch.hpp"

#include <chrono>
#include <stdexcept>
#include <utility>

namespace mlacheck::bench {
namespace {

class HostStopwatch final : public Stopwatch {
 public:
  HostStopwatch(Backend& backend, int calls, std::function<void()> call)
      : backend_(&backend), calls_(calls), call_(std::move(call)) {}

  double measure() override {
    using Clock = std::chrono::steady_clock;
    const auto started = Clock::now();
    for (int i = 0; i < calls_; ++i) call_();
    if (const Status status = backend_->synchronize(); !status.ok()) {
      throw std::runtime_error(status.message());
    }
    const std::chrono::duration<double, std::micro> elapsed = Clock::now() - started;
    return elapsed.count() / calls_;
  }

 private:
  Backend* backend_;
  int calls_;
  std::function<void()> call_;
};

}  // namespace

std::unique_ptr<Stopwatch> make_stopwatch(Backend& backend, Launches launches, int calls,
                                          std::function<void()> call) {
#ifdef MLACHECK_HAS_CUDA
  if (backend.name() == "cuda") {
    return make_cuda_stopwatch(backend, launches, calls, std::move(call));
  }
#endif
  if (launches == Launches::graph) {
    throw std::invalid_argument("--launches graph: backend " + backend.name() +
                                " has no graphs that can be timed");
  }
  return std::make_unique<HostStopwatch>(backend, calls, std::move(call));
}

}  // namespace mlacheck::bench
