// Runs cases in a worker process, and turns its death into a verdict.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "harness/run/case_runner.hpp"
#include "harness/worker/worker.hpp"

namespace mlacheck {

struct WorkerRunnerOptions {
  WorkerCommand command;
  std::size_t memory = std::size_t{4} << 30;  ///< a worker that holds more is replaced
};

/// A case during which the worker
///  - died of a guard page: FAILED, finding K6;
///  - died otherwise, or answered nonsense: CRASHED, with how it ended, the check in progress and
///    the last lines of its output;
///  - did not answer in time: TIMED_OUT;
///  - grew past the memory limit: CRASHED.
/// The next case gets a new worker.
std::unique_ptr<CaseRunner> make_worker_runner(WorkerRunnerOptions options);

}  // namespace mlacheck
