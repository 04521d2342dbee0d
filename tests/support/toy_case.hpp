// One case of the toy op, with gaps, through the battery with a subject of the test's own.
#pragma once

#include <functional>

#include "harness/backends/cpu/backend_cpu.hpp"
#include "harness/sweep/battery.hpp"
#include "tests/support/toy_op.hpp"

namespace mlacheck::toy {

inline CaseResult try_subject(const std::function<Status(const Call&, LaunchContext&)>& run,
                              const BatteryOptions& options = {.thorough = true}) {
  const Model model;
  const Doubled oracle;
  Subject subject;
  subject.variant = "tried";
  subject.run = run;
  subject.conventions.refuses_overlap = false;
  const auto backend = make_cpu_backend(32);
  Case c(model.schema());
  c.set("n", 5).set("step", 3);
  return run_case({&model, &oracle}, c, subject, nullptr, *backend, options);
}

}  // namespace mlacheck::toy
