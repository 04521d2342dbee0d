#include <algorithm>
#include <string>
#include <vector>

#include "harness/checks/neighbours.hpp"
#include "harness/checks/units.hpp"
#include "harness/execute/workspace.hpp"

namespace mlacheck {
namespace {

// A case that runs before the session's own.
struct Neighbour {
  Case c;
  bool same_extents;  // a subject may take what it keeps under the sizes of a call for its own
};

std::vector<Neighbour> neighbours(const Session& session, std::int64_t choice) {
  Random random(static_cast<std::uint64_t>(choice), 8);
  const OpModel& model = session.model();
  std::vector<Neighbour> all{{model.generate(random, {}), false}, {Case(model.schema()), false}};
  if (const std::optional<Case> other = other_contents(session, random)) {
    all.push_back({model.layout_twin(*other), false});
    all.push_back({*other, true});
  }
  // In turn with other contents, a scalar that a subject may have kept is another one.
  constexpr std::int64_t kTurn = 4;
  if (choice / kTurn % 2 == 1) {
    Random scalars(static_cast<std::uint64_t>(choice), 25);
    if (const std::optional<Case> other = other_scalars(session, scalars)) {
      if (all.size() == kTurn) all.pop_back();
      all.push_back({*other, true});
    }
  }
  std::erase_if(all, [&](const Neighbour& n) { return !model.inadmissible(n.c).empty(); });
  return all;
}

// Judges the run of a neighbour. Called only while nothing is wrong with the case itself, which
// would explain a wrong neighbour.
//
// A neighbour that is wrong in a run by itself, too, is no finding of this case. For a neighbour of
// the same extents this process cannot tell: the subject may have kept something of its first run
// of these extents. A new process can tell (harness/sweep/counterexample.cpp).
void judge(Session& session, const Neighbour& neighbour, const Run& run,
           const std::string& before) {
  if (meets_oracle(session, run)) return;
  std::string why = "\n  It has the same extents. If it fails by itself, that is the cause.";
  if (!neighbour.same_extents) {
    const Run alone = session.execute(*run.problem, RunOptions::poisoned(Poison::ones));
    if (!meets_oracle(session, alone)) return;
    why = "\n  Alone it is right.";
  }
  if (!before.empty()) why += "\n  Calls in between, on the same workspace: " + before;
  Finding found = wrong_neighbour(neighbour.c.line(), why);
  session.report(found.check, std::move(found.text), {}, std::move(found.kind));
}

class History {
 public:
  explicit History(Session& session) : session_(&session), workspace_(session.backend()) {
    options_.workspace = &workspace_;
  }

  // False if the harness could not do it.
  bool run(const Neighbour& neighbour, bool judged) {
    const Problem problem = session_->materialise(neighbour.c);
    workspace_.rewind();
    const Run run = session_->execute(problem, options_);
    if (!run.harness_error.empty()) {
      session_->evidence().harness_error = run.harness_error;
      return false;
    }
    if (run.status.code() == StatusCode::unsupported) return true;
    if (judged && session_->evidence().findings.empty()) judge(*session_, neighbour, run, before_);
    if (run.status.ok() && run.findings.empty()) {
      before_ += (before_.empty() ? "" : ", then ") + neighbour.c.line();
    }
    return !run.fault;
  }

  void run_own_case() {
    if (before_.empty()) {
      session_->leave_out(Check::history, "none of the cases before it could be run");
      return;
    }
    workspace_.rewind();
    Run run = session_->execute(session_->problem(), options_);
    auto& findings = session_->evidence().findings;
    const std::size_t known = findings.size();
    if (session_->accept_again(run, "after other calls")) {
      session_->carried_out(Check::history);
      session_->compare_runs(Check::history, *session_->first(), "alone", run, "after others");
    }
    for (std::size_t i = known; i < findings.size(); ++i) {
      findings[i].text += "\n  the calls before it, on the same workspace: " + before_;
    }
  }

 private:
  Session* session_;
  Workspace workspace_;
  RunOptions options_ = RunOptions::poisoned(Poison::ones);
  std::string before_;
};

}  // namespace

void check_history(Session& session) {
  for (const std::int64_t choice : session.choices(Check::history)) {
    session.set_choice(Choice{Check::history, choice});
    const std::size_t before = session.evidence().findings.size();
    History history(session);
    const std::vector<Neighbour> all = neighbours(session, choice);
    bool finished = true;
    for (std::size_t i = 0; finished && i < all.size(); ++i) {
      // An oracle's answer costs more than a run: one neighbour in turn.
      finished = history.run(all[i], i == static_cast<std::size_t>(choice) % all.size());
    }
    if (finished) history.run_own_case();
    session.set_choice(std::nullopt);
    if (!finished || session.lost() || session.satisfied(before)) return;
  }
}

}  // namespace mlacheck
