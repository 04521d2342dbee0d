// What the executor's tests share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/backends/cpu/executor.hpp"
#include "harness/op/launch_context.hpp"
#include "tests/executor/kernels.hpp"

namespace mlacheck::executor_test {

/// Records launches and counts blocks; kernels here need no scratch.
class Context final : public LaunchContext {
 public:
  Tensor allocate(std::string_view, DType, std::span<const std::int64_t>) override { return {}; }
  void release(const Tensor&) override {}
  void* stream() const override { return nullptr; }
  Status record(const LaunchRecord& launch) override {
    launches.push_back(launch);
    return {};
  }
  unsigned long long* receipt_counter() const override { return &receipt; }

  std::vector<LaunchRecord> launches;
  mutable unsigned long long receipt = 0;
};

/// All that one launch left behind.
struct Outcome {
  Status status;
  unsigned long long receipt = 0;
  std::vector<cpu::ExecutorFinding> findings;
  std::vector<std::string> reports;
};

struct Configuration {
  int warp_width = 32;
  cpu::ExecutorOptions options;
};

/// Both warp widths under the three orders.
std::vector<Configuration> all_configurations();

Outcome run(const Configuration& configuration, std::string_view kernel, Dim3 grid, Dim3 block,
            const Params& params, std::size_t dynamic_shared_bytes = 0);

/// Everything that was found, one line each, for failure messages.
std::string print(const Outcome& outcome);

/// How many findings are of this kind.
std::size_t count(const Outcome& outcome, cpu::FindingKind kind);

/// How many sanitizer reports contain the text.
std::size_t count(const Outcome& outcome, std::string_view text);

}  // namespace mlacheck::executor_test
