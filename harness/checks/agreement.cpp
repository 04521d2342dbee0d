#include "harness/checks/conventions.hpp"
#include "harness/checks/units.hpp"

namespace mlacheck {

void check_agreement(Session& session) {
  const Subject* const baseline = session.baseline();
  if (baseline == nullptr || session.subject().agreement == Agreement::within_bound) return;
  const Problem problem = under_conventions(
      session.model().materialise(session.the_case(), baseline->contract_name()), *baseline);
  Run run = execute(*baseline, problem, session.backend(), Poison::ones);
  if (!session.accept(run, "baseline " + baseline->variant, Check::agreement)) return;
  session.carried_out(Check::agreement);
  session.compare_runs(Check::agreement, *session.first(), session.subject().variant, run,
                       baseline->variant);
}

}  // namespace mlacheck
