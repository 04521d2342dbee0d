// What the CPU executor costs: a launch, a block, a barrier, a warp collective.
#define MLACHECK_BACKEND_CPU 1
#define MLACHECK_WARP_WIDTH 32
#include <benchmark/benchmark.h>

#include <stdexcept>
#include <vector>

#include "harness/device/launch.h"

namespace mlacheck::MLACHECK_TARGET {
namespace {

struct Params {
  float* out;
  int repetitions;
};

struct Nothing {
  static constexpr const char* kName = "nothing";
  using Params = cpu_w32::Params;
  static MLACHECK_DEVICE void kernel(const Params& p) { p.out[threadIdx.x] = 1.0f; }
};

struct Barriers {
  static constexpr const char* kName = "barriers";
  using Params = cpu_w32::Params;
  static MLACHECK_DEVICE void kernel(const Params& p) {
    for (int i = 0; i < p.repetitions; ++i) __syncthreads();
  }
};

struct Shuffles {
  static constexpr const char* kName = "shuffles";
  using Params = cpu_w32::Params;
  static MLACHECK_DEVICE void kernel(const Params& p) {
    float value = static_cast<float>(threadIdx.x);
    for (int i = 0; i < p.repetitions; ++i) value += __shfl_xor_sync(kFullMask, value, 1);
    p.out[threadIdx.x] = value;
  }
};

class NoContext final : public LaunchContext {
 public:
  Tensor allocate(std::string_view, DType, std::span<const std::int64_t>) override { return {}; }
  void release(const Tensor&) override {}
  void* stream() const override { return nullptr; }
  Status record(const LaunchRecord&) override { return {}; }
  unsigned long long* receipt_counter() const override { return nullptr; }
};

template <class K>
void run(benchmark::State& state, unsigned blocks, unsigned threads, int repetitions) {
  std::vector<float> out(threads);
  NoContext context;
  for (auto _ : state) {
    const Status status =
        launch<K>(context, {blocks, 1, 1}, {threads, 1, 1}, 0, {out.data(), repetitions});
    if (!status.ok()) throw std::runtime_error(status.message());
  }
  benchmark::DoNotOptimize(out.data());
}

// Seconds for each of `units` things done in one iteration.
benchmark::Counter per_unit(double units) {
  return {units, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert};
}

// A kernel that never waits: 1 block gives the cost of a launch, 100 that of a block.
void time_launch(benchmark::State& state) {
  const auto blocks = static_cast<unsigned>(state.range(0));
  const auto threads = static_cast<unsigned>(state.range(1));
  run<Nothing>(state, blocks, threads, 0);
  state.counters["per_block"] = per_unit(blocks);
  state.counters["per_thread"] = per_unit(static_cast<double>(blocks) * threads);
}
BENCHMARK(time_launch)
    ->Name("Launch")
    ->ArgsProduct({{1, 100}, {1, 64, 128, 1024}})
    ->ArgNames({"blocks", "threads"});

// Each barrier switches once for each thread.
void time_barrier(benchmark::State& state) {
  constexpr int kBarriers = 1000;
  const auto threads = static_cast<unsigned>(state.range(0));
  run<Barriers>(state, 1, threads, kBarriers);
  state.counters["per_barrier"] = per_unit(kBarriers);
  state.counters["per_switch"] = per_unit(static_cast<double>(kBarriers) * threads);
}
BENCHMARK(time_barrier)->Name("Barrier")->Arg(64)->Arg(128)->Arg(1024)->ArgName("threads");

// The same for the lanes of a warp, with an exchange of values.
void time_shuffle(benchmark::State& state) {
  constexpr int kShuffles = 1000;
  const auto threads = static_cast<unsigned>(state.range(0));
  run<Shuffles>(state, 1, threads, kShuffles);
  state.counters["per_lane"] = per_unit(static_cast<double>(kShuffles) * threads);
}
BENCHMARK(time_shuffle)->Name("Shuffle")->Arg(32)->Arg(128)->ArgName("threads");

}  // namespace
}  // namespace mlacheck::MLACHECK_TARGET

BENCHMARK_MAIN();
