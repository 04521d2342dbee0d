#include "harness/checks/units.hpp"

namespace mlacheck {

void check_layout(Session& session) {
  const Case twin = session.model().layout_twin(session.the_case());
  const Problem twin_problem = session.materialise(twin);
  Run run = session.execute(twin_problem, RunOptions::poisoned(Poison::ones));
  if (!session.accept(run, "layout twin " + twin.line())) return;
  session.carried_out(Check::layout);
  if (session.subject().agreement == Agreement::within_bound) {
    // Another layout may take another library kernel, which may round otherwise.
    session.compare_with(Check::layout, session.expectation(), twin_problem, run);
    return;
  }
  session.compare_runs(Check::layout, session.problem(), *session.first(), twin_problem, run,
                       "this layout", "its twin");
}

}  // namespace mlacheck
