// Runs cases in a worker process, and turns its death into a verdict.
#pragma once

#include <memory>

#include "harness/sweep/case_runner.hpp"
#include "harness/sweep/cost_run.hpp"
#include "harness/worker/worker_client.hpp"

namespace mlacheck {

/// A case during which the worker
///  - died of a guard page: FAILED, finding K6;
///  - died otherwise, answered nonsense, or said what nobody had asked: CRASHED, with how it ended,
///    the check in progress and the last lines of its output;
///  - had a child, forked by the subject, that came back into the harness: CRASHED;
///  - did not answer in time: TIMED_OUT;
///  - grew past the memory limit: CRASHED.
/// The next case gets a new worker.
std::unique_ptr<CaseRunner> make_worker_runner(WorkerRunnerOptions options);

/// Counts the cost of one case in a worker.
CountCost make_worker_counter(const WorkerRunnerOptions& options, double seconds);

}  // namespace mlacheck
