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
  for (const Case& earlier : {model.generate(random, {}), Case(model.schema())}) {
    workspace.rewind();
    Run run = session.execute(session.materialise(earlier), options);
    if (run.status.code() == StatusCode::unsupported) continue;
    if (!session.accept(run, "earlier call " + earlier.line())) return;
    before += (before.empty() ? "" : ", ") + earlier.line();
  }
  workspace.rewind();
  Run run = session.execute(session.problem(), options);
  const std::string which = "after " + before + " on the same workspace";
  if (!session.accept(run, which)) return;
  session.carried_out(Check::history);
  session.compare_runs(Check::history, session.problem(), *session.first(), session.problem(), run,
                       "alone", which);
}

}  // namespace mlacheck
