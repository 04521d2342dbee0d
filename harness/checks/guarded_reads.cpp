#include "harness/checks/units.hpp"
#include "harness/environment/progress.hpp"

namespace mlacheck {

// A touch of the page ends the process, and the parent makes a finding of that. Here the results of
// the runs that came back are compared.
void check_guarded_reads(Session& session) {
  const Problem& problem = session.problem();
  if (std::byte* const probe = session.backend().allocate_guarded(1, Side::end, "probe")) {
    session.backend().free_guarded(probe);
  } else {
    session.leave_out(Check::guard, session.backend().guarded_unavailable());
    return;
  }
  for (const Placement placement : {Placement::ends_at_page, Placement::starts_at_page}) {
    const char* const which = placement == Placement::ends_at_page
                                  ? "operands end at a protected page"
                                  : "operands start at a protected page";
    note_progress(which);
    RunOptions options = RunOptions::poisoned(Poison::ones);
    options.placement = placement;
    Run run = session.execute(problem, options);
    if (run.harness_error.empty() && run.status.code() == StatusCode::launch_failed) {
      // On a GPU the fault ends the context, not the process.
      session.carried_out(Check::guard);
      session.report(Check::guard, std::string(which) + ": " + run.status.message(), {}, "page");
      return;
    }
    if (!run.harness_error.empty()) {
      session.leave_out(Check::guard, run.harness_error);
      return;
    }
    if (!session.accept(run, which, Check::guard)) return;
    session.carried_out(Check::guard);
    if (session.subject().agreement == Agreement::within_bound) continue;
    session.compare_runs(Check::guard, *session.first(), "red zones", run, which);
  }
}

}  // namespace mlacheck
