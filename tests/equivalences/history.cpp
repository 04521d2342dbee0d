// E18 and E19: what ran before changes no bit.
#include "harness/execute/guarded_context.hpp"
#include "tests/equivalences/fit.hpp"
#include "tests/equivalences/parts.hpp"

namespace mlacheck::equivalences {
namespace {

// Runs into the same memory again and again: what a graph does, or a caller that keeps its buffers.
class Step {
 public:
  explicit Step(Trial& trial)
      : trial_(&trial),
        placed_(trial.problem(), trial.backend(), options_),
        context_(trial.backend(), options_.scratch) {
    if (!placed_.error().empty()) throw Broken("harness: " + placed_.error());
    Backend& backend = trial.backend();
    if (!backend.can_capture()) return;
    context_.keep_released();
    Status status = backend.begin_capture();
    if (status.ok()) {
      const Status recorded = trial.subject().run(placed_.call(trial.problem()), context_);
      status = backend.end_capture();
      if (!recorded.ok()) status = recorded;
    }
    if (!status.ok()) throw Broken("captured: " + status.message());
  }

  /// With what the operands hold now.
  Run again(const Problem& problem, const std::string& which) {
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

  void refill(const Problem& next) {
    if (const Status status = placed_.refill(next); !status.ok()) throw Broken(status.message());
  }

 private:
  Trial* trial_;
  RunOptions options_ = RunOptions::poisoned(Poison::ones);
  PlacedOperands placed_;
  GuardedContext context_;
};

bool replay_equals_eager(Trial& trial) {
  Case reseeded = trial.the_case();
  reseeded.set("seed", (reseeded.integer("seed") + 1) % (1 << 30));
  const Problem next = trial.materialise(reseeded);
  const Run fresh = trial.run(next, "the next step, eager");
  Step step(trial);
  const Problem& problem = trial.problem();
  trial.expect_same(trial.first(), step.again(problem, "replay"), "replay");
  step.refill(next);
  trial.expect_same(fresh, step.again(next, "replay of the next step"), "replay of the next step");
  step.refill(problem);
  trial.expect_same(trial.first(), step.again(problem, "replay of the first"),
                    "replay of the first step");
  return true;
}

bool repeat_equals_first(Trial& trial) {
  for (const Order order : {Order::ascending, Order::descending, Order::seeded}) {
    RunOptions options = RunOptions::poisoned(Poison::ones);
    options.order = trial.backend().can_order() ? order : Order::ascending;
    options.order_seed = 1;
    const Run again = trial.run(trial.problem(), "once more", options);
    trial.expect_same(trial.first(), again, "once more");
  }
  return true;
}

std::vector<Part> both(bool (*holds)(Trial&)) {
  const auto fit = [](auto& f, Random&) { fill_extents(f); };
  return {of_product(fit, holds), of_quantizer(fit, holds)};
}

}  // namespace

std::vector<Part> replayed() { return both(&replay_equals_eager); }

std::vector<Part> repeated() { return both(&repeat_equals_first); }

}  // namespace mlacheck::equivalences
