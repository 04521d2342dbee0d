#include "harness/checks/units.hpp"

namespace mlacheck {
namespace {

// Whether the bits are those of the first run. Nothing is reported. The twin may hand out its
// operands in another order.
bool agrees(Session& session, const Run& run) {
  for (const Operand& operand : session.problem().operands) {
    if (operand.access == Access::input) continue;
    const auto& bits = run.bits(operand.name);
    const auto& own_bits = session.first()->bits(operand.name);
    if (bits.size() != own_bits.size()) return false;
    if (compare_bitwise(operand, own_bits, bits, "", "").failures > 0) return false;
  }
  return true;
}

bool twin_differs(Session& session, const Case& twin) {
  const Problem problem = session.materialise(twin);
  const Run run = session.execute(problem, RunOptions::poisoned(Poison::ones));
  return run.harness_error.empty() && run.status.ok() && !agrees(session, run);
}

// The twin that differs from the case in as few fields as will do, so that the report names the
// operand that is misread.
Case nearest_twin(Session& session, Case twin) {
  const Case& own = session.the_case();
  for (const Field& field : own.schema().fields) {
    Case nearer = twin;
    nearer.copy(field.name, own);
    if (nearer == twin || nearer == own) continue;
    if (!session.model().inadmissible(nearer).empty()) continue;
    if (twin_differs(session, nearer)) twin = nearer;
  }
  return twin;
}

}  // namespace

void check_layout(Session& session) {
  Case twin = session.model().layout_twin(session.the_case());
  if (twin == session.the_case()) {
    session.leave_out(Check::layout, "the domain has no other layout");
    return;
  }
  Problem problem = session.materialise(twin);
  Run run = session.execute(problem, RunOptions::poisoned(Poison::ones));
  if (!session.accept(run, "layout twin", Check::layout)) return;
  session.carried_out(Check::layout);
  if (session.subject().agreement == Agreement::within_bound) {
    // Another layout may take another library kernel, which may round otherwise.
    session.compare_with(Check::layout, session.expectation(), run);
    return;
  }
  if (!session.options().only && !agrees(session, run)) {
    twin = nearest_twin(session, twin);
    problem = session.materialise(twin);
    run = session.execute(problem, RunOptions::poisoned(Poison::ones));
  }
  session.compare_runs(Check::layout, *session.first(), "this layout", run,
                       "its twin with " + twin.difference(session.the_case()));
}

}  // namespace mlacheck
