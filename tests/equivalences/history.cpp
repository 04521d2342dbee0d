// E18 and E19: what ran before changes no bit.
#include "tests/equivalences/fit.hpp"
#include "tests/equivalences/kept_memory.hpp"
#include "tests/equivalences/parts.hpp"

namespace mlacheck::equivalences {
namespace {

bool replay_equals_eager(Trial& trial) {
  Case reseeded = trial.the_case();
  reseeded.set("seed", (reseeded.integer("seed") + 1) % (1 << 30));
  const Problem next = trial.materialise(reseeded);
  const Run fresh = trial.run(next, "the next step, eager");
  KeptMemory step(trial, trial.problem());
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
