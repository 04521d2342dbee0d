// Who runs a case: this process, or a worker that may die of it.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "harness/backends/backend.hpp"
#include "harness/checks/battery.hpp"

namespace mlacheck {

struct Row;

struct RunLimits {
  double seconds = 60;  ///< for one case; beyond that it is TIMED_OUT, where it can be stopped
};

/// Used by one thread at a time.
class CaseRunner {
 public:
  CaseRunner() = default;
  CaseRunner(const CaseRunner&) = delete;
  CaseRunner& operator=(const CaseRunner&) = delete;
  virtual ~CaseRunner() = default;

  /// Never throws for what a subject does.
  virtual CaseResult run(const Row& row, const Case& c, const BatteryOptions& options,
                         const RunLimits& limits) = 0;

  /// The next case runs in a fresh process, if cases have processes of their own here.
  virtual void refresh() {}
};

using MakeRunner = std::function<std::unique_ptr<CaseRunner>()>;

/// Runs cases in this process: for debuggers, profilers and the worker itself. `backends` must
/// outlive the runner.
std::unique_ptr<CaseRunner> make_local_runner(
    const std::vector<std::unique_ptr<Backend>>& backends);

}  // namespace mlacheck
