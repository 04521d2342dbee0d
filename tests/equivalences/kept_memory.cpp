#include "tests/equivalences/kept_memory.hpp"

namespace mlacheck::equivalences {

KeptMemory::KeptMemory(Trial& trial, const Problem& problem)
    : trial_(&trial),
      placed_(problem, trial.backend(), options_),
      context_(trial.backend(), options_.scratch) {
  if (!placed_.error().empty()) throw Broken("harness: " + placed_.error());
  Backend& backend = trial.backend();
  if (!backend.can_capture()) return;
  context_.keep_released();
  Status status = backend.begin_capture();
  if (status.ok()) {
    const Status recorded = trial.subject().run(placed_.call(problem), context_);
    status = backend.end_capture();
    if (!recorded.ok()) status = recorded;
  }
  if (!status.ok()) throw Broken("captured: " + status.message());
}

Run KeptMemory::again(const Problem& problem, const std::string& which) {
  Backend& backend = trial_->backend();
  Run run;
  run.problem = &problem;
  if (!backend.can_capture()) {
    run = execute(trial_->subject(), problem, placed_, backend, options_);
  } else {
    run.status = backend.replay();
    if (run.status.ok()) run.outputs = placed_.collect(run.findings);
  }
  trial_->accept(run, which);
  return run;
}

void KeptMemory::refill(const Problem& next) {
  if (const Status status = placed_.refill(next); !status.ok()) throw Broken(status.message());
}

}  // namespace mlacheck::equivalences
