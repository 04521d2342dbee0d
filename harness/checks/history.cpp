#include "harness/checks/units.hpp"
#include "harness/execute/workspace.hpp"
#include "harness/op/random.hpp"

namespace mlacheck {
namespace {

// Runs the neighbours of this case that alternative `choice` draws, and then the case itself, all
// on one workspace.
void run_after_neighbours(Session& session, std::int64_t choice) {
  const OpModel& model = session.model();
  Random random(static_cast<std::uint64_t>(choice), 8);
  Workspace workspace(session.backend());
  RunOptions options = RunOptions::poisoned(Poison::ones);
  options.workspace = &workspace;
  std::string before;
  // One of another shape, the simplest, and one of this very shape. After the last one, sizes that
  // a subject keeps are right, and only the contents are those of another call.
  for (const Case& earlier : {model.generate(random, {}), Case(model.schema()),
                              session.reseeded().value_or(session.the_case())}) {
    if (!model.inadmissible(earlier).empty()) continue;
    workspace.rewind();
    const Run run = session.execute(session.materialise(earlier), options);
    if (!run.harness_error.empty()) {
      session.evidence().harness_error = run.harness_error;
      return;
    }
    // What is wrong with another case is that case's finding, not this one's.
    if (!run.status.ok() || !run.findings.empty()) continue;
    before += (before.empty() ? "" : ", then ") + earlier.line();
  }
  if (before.empty()) {
    session.leave_out(Check::history, "none of the cases before it could be run");
    return;
  }
  workspace.rewind();
  Run run = session.execute(session.problem(), options);
  const std::size_t known = session.evidence().findings.size();
  const bool usable = session.accept(run, "after other calls", Check::history);
  if (usable) {
    session.carried_out(Check::history);
    session.compare_runs(Check::history, *session.first(), "alone", run, "after others");
  }
  auto& findings = session.evidence().findings;
  for (std::size_t i = known; i < findings.size(); ++i) {
    findings[i].text += "\n  the calls before it, on the same workspace: " + before;
  }
}

}  // namespace

void check_history(Session& session) {
  for (const std::int64_t choice : session.choices(Check::history)) {
    session.set_choice(Choice{Check::history, choice});
    const std::size_t before = session.evidence().findings.size();
    run_after_neighbours(session, choice);
    session.set_choice(std::nullopt);
    if (session.lost() || session.satisfied(before)) return;
  }
}

}  // namespace mlacheck
