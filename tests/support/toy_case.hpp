// One case of the toy op through the battery, with a subject of the test's own.
#pragma once

#include <functional>

#include "harness/backends/cpu/backend_cpu.hpp"
#include "harness/sweep/battery.hpp"
#include "tests/support/toy_op.hpp"

namespace mlacheck::toy {

using Routine = std::function<Status(const Call&, LaunchContext&)>;

struct Trial {
  std::int64_t n = 5;
  std::int64_t step = 3;
  Routine baseline = nullptr;
  double bound = 0;
  bool refuses_overlap = false;
  BatteryOptions options = {.thorough = true};
};

inline CaseResult try_subject(const Routine& run, const Trial& trial = {}) {
  const Model model;
  Doubled oracle;
  oracle.bound = trial.bound;
  Subject subject;
  subject.variant = "tried";
  subject.run = run;
  subject.conventions.refuses_overlap = trial.refuses_overlap;
  Subject baseline;
  baseline.variant = "baseline";
  baseline.run = trial.baseline;
  const auto backend = make_cpu_backend(32);
  Case c(model.schema());
  c.set("n", trial.n).set("step", trial.step);
  return run_case({&model, &oracle}, c, subject, trial.baseline ? &baseline : nullptr, *backend,
                  trial.options);
}

/// The toy op's own routine, and then `change`.
inline Routine run_and(const std::function<void(const Call&)>& change) {
  return [change](const Call& call, LaunchContext& context) {
    Status status = run(call, context);
    change(call);
    return status;
  };
}

/// Writes `value` to every element.
inline Routine fill_with(float value) {
  return [value](const Call& call, LaunchContext& context) -> Status {
    leave_receipt(context);
    const Tensor& y = call.tensor("y");
    for (std::int64_t i = 0; i < y.shape[0]; ++i) put(y, i, value);
    return {};
  };
}

}  // namespace mlacheck::toy
