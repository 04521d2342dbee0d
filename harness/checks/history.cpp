#include "harness/checks/units.hpp"
#include "harness/execute/workspace.hpp"
#include "properties/random.hpp"

namespace mlacheck {
namespace {

// A number that is the same for a case whenever it is run.
std::uint64_t fingerprint(const Case& c) { return std::hash<std::string>{}(c.line()); }

}  // namespace

void check_history(Session& session) {
  const OpModel& model = session.model();
  Random random(fingerprint(session.the_case()), 8);
  Workspace workspace(session.backend());
  RunOptions options = RunOptions::poisoned(Poison::ones);
  options.workspace = &workspace;
  std::string before;
  // One of another shape, the simplest, and one of this very shape, whose state passes for this
  // case's.
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
    before += (before.empty() ? "" : ", ") + earlier.line();
  }
  if (before.empty()) return;
  workspace.rewind();
  Run run = session.execute(session.problem(), options);
  const std::string which = "after " + before + " on the same workspace";
  if (!session.accept(run, which)) return;
  session.carried_out(Check::history);
  session.compare_runs(Check::history, session.problem(), *session.first(), session.problem(), run,
                       "alone", which);
}

}  // namespace mlacheck
