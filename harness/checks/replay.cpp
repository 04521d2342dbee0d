#include "harness/checks/units.hpp"
#include "harness/execute/guarded_context.hpp"

namespace mlacheck {
namespace {

// The same shapes and layouts with other contents, page tables among them; nothing if the case has
// no seed to change.
std::optional<Problem> next_step(const Session& session) {
  const std::optional<Case> next = session.reseeded();
  if (!next || !session.model().inadmissible(*next).empty()) return std::nullopt;
  Problem problem = session.materialise(*next);
  const Problem& own = session.problem();
  if (problem.operands.size() != own.operands.size() || problem.integers != own.integers ||
      problem.reals != own.reals) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < own.operands.size(); ++i) {
    const Layout& a = own.operands[i].layout;
    const Layout& b = problem.operands[i].layout;
    if (a.shape != b.shape || a.stride != b.stride || a.offset != b.offset) return std::nullopt;
  }
  return problem;
}

Run look(const Problem& problem, PlacedOperands& placed, GuardedContext& context,
         const Status& status) {
  Run run;
  run.problem = &problem;
  run.status = status;
  if (!status.ok()) return run;
  for (std::string& violation : context.scratch_violations()) {
    run.findings.emplace_back(Check::canary, std::move(violation), "scratch", "red zone");
  }
  run.outputs = placed.collect(run.findings);
  run.receipt = true;  // counted by the runs that are not replayed
  run.harness_error = placed.error();
  return run;
}

}  // namespace

void check_replay(Session& session) {
  Backend& backend = session.backend();
  if (!backend.can_capture() || session.subject().agreement == Agreement::within_bound) return;
  const RunOptions options = RunOptions::poisoned(Poison::ones);
  PlacedOperands placed(session.problem(), backend, options);
  GuardedContext context(backend, options.scratch);
  if (!placed.error().empty()) {
    session.evidence().harness_error = placed.error();
    return;
  }
  Status status = backend.begin_capture();
  if (status.ok()) {
    const Status recorded = session.subject().run(placed.call(session.problem()), context);
    status = backend.end_capture();
    if (!recorded.ok()) status = recorded;
  }
  if (status.ok()) status = backend.replay();
  Run run = look(session.problem(), placed, context, status);
  if (!session.accept(run, "captured and replayed", Check::history)) return;
  session.carried_out(Check::history);
  session.compare_runs(Check::history, *session.first(), "launched", run, "captured and replayed");
  const std::optional<Problem> next = next_step(session);
  if (!next) return;
  Run fresh = session.execute(*next, options);
  if (!session.accept(fresh, "the next step launched", Check::history)) return;
  status = placed.refill(*next);
  if (status.ok()) status = backend.replay();
  Run again = look(*next, placed, context, status);
  if (!session.accept(again, "replayed with the next step's contents", Check::history)) return;
  session.compare_runs(Check::history, fresh, "launched", again,
                       "replayed with the next step's contents");
}

}  // namespace mlacheck
