#include <optional>
#include <string>
#include <utility>

#include "harness/checks/neighbours.hpp"
#include "harness/checks/units.hpp"
#include "harness/execute/guarded_context.hpp"
#include "harness/op/pieces.hpp"

namespace mlacheck {
namespace {

// One captured call in its buffers, to be replayed with other contents.
class Capture {
 public:
  Capture(Session& session, const Problem& problem)
      : session_(&session),
        problem_(&problem),
        placed_(problem, session.backend(), options_),
        context_(session.backend(), options_.scratch) {
    context_.keep_released();
    run_.problem = &problem;
    run_.harness_error = placed_.error();
    if (!run_.harness_error.empty()) return;
    Backend& backend = session.backend();
    run_.status = backend.begin_capture();
    if (!run_.status.ok()) return;
    const Status called = call_subject(session.subject(), placed_.call(problem), context_, run_);
    run_.status = backend.end_capture();
    if (!called.ok()) run_.status = called;
    drain_into(run_);  // what ran on the host while it was captured
  }

  // Empty, or why a replay would tell nothing.
  std::string incomplete() const {
    const auto captured = session_->backend().captured_launches();
    if (!captured || *captured == context_.launches().size()) return {};
    return "launches go past the backend, which captured " + std::to_string(*captured) + " of " +
           std::to_string(context_.launches().size());
  }
  bool empty() const { return context_.launches().empty(); }
  // False if the captured call failed. Its run says how.
  bool recorded() const {
    return run_.harness_error.empty() && run_.status.ok() && run_.findings.empty();
  }

  // The captured call as a run. Its findings count even if no replay follows.
  Run call() { return completed(run_, Outputs::unfinished); }

  Run replay(const Problem& contents) {
    Run run = run_;
    run.problem = &contents;
    if (run.status.ok() && &contents != problem_) {
      // Refilling would hide what the host routine wrote while the call was captured.
      static_cast<void>(placed_.collect(run.findings, Outputs::unfinished));
      run.status = placed_.refill(contents);
    }
    if (run.status.ok()) run.status = session_->backend().replay();
    drain_into(run);
    return completed(std::move(run), Outputs::written);
  }

 private:
  // `run` with its outputs, and with the findings that its memory shows.
  Run completed(Run run, Outputs outputs) {
    if (!run.status.ok()) return run;
    for (std::string& violation : context_.scratch_violations()) {
      run.findings.emplace_back(Check::canary, std::move(violation), "scratch", "red zone");
    }
    run.outputs = placed_.collect(run.findings, outputs);
    run.receipt = true;  // counted by the runs that are not replayed
    if (run.harness_error.empty()) run.harness_error = placed_.error();
    return run;
  }

  void drain_into(Run& run) {
    for (Finding& found : session_->backend().drain_findings()) {
      placed_.locate(found);
      run.findings.push_back(std::move(found));
    }
  }

  Session* session_;
  const Problem* problem_;
  RunOptions options_ = RunOptions::poisoned(Poison::ones);
  PlacedOperands placed_;
  GuardedContext context_;
  Run run_;
};

// Captured with the contents of one problem and replayed with the case's own.
void compare_replay(Session& session, const Problem& captured, const std::string& which) {
  Capture capture(session, captured);
  if (capture.recorded()) {
    if (const std::string reason = capture.incomplete(); !reason.empty()) {
      Run run = capture.call();
      if (session.accept(run, which, Check::history)) session.leave_out(Check::history, reason);
      return;
    }
  }
  Run run = capture.replay(session.problem());
  if (!session.accept(run, which, Check::history)) return;
  // The host routine worked by itself while it was captured, so there is nothing to replay.
  if (capture.empty() && session.backend().captured_launches()) return;
  session.carried_out(Check::history);
  session.compare_runs(Check::history, *session.first(), "launched", run, which);
}

}  // namespace

void check_replay(Session& session) {
  if (!session.backend().can_capture() || has_host_work(session.subject().variant)) return;
  if (session.subject().agreement == Agreement::within_bound) return;
  for (const std::int64_t choice : session.choices(Check::history)) {
    session.set_choice(Choice{Check::history, choice});
    const std::size_t before = session.evidence().findings.size();
    Random random(static_cast<std::uint64_t>(choice), 18);
    // In turn with its own contents, and with those of another step.
    const std::optional<Case> other =
        choice % 2 == 0 ? other_contents(session, random) : std::nullopt;
    if (!other) {
      compare_replay(session, session.problem(), "captured and replayed");
    } else {
      compare_replay(session, session.materialise(*other),
                     "captured for " + other->line() + " and replayed");
    }
    session.set_choice(std::nullopt);
    if (session.lost() || session.satisfied(before)) return;
  }
}

}  // namespace mlacheck
