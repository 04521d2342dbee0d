#include <utility>

#include "harness/checks/leak.hpp"
#include "harness/checks/units.hpp"
#include "harness/execute/heap.hpp"

namespace mlacheck {
namespace {

std::string text_of(const Denial& denied) {
  const bool launch = denied.what == Denial::What::launch;
  return (launch ? "launch " : "allocation ") + std::to_string(denied.number) +
         (launch ? " refused" : " denied");
}

StatusCode expected_code(const Denial& denied) {
  return denied.what == Denial::What::launch ? StatusCode::launch_failed
                                             : StatusCode::out_of_memory;
}

RunOptions options_for(const Denial& denied) {
  RunOptions options = RunOptions::poisoned(Poison::ones);
  options.denied = denied;
  return options;
}

// A subject may do without the memory, and then owes the whole result. One that launches although
// the launch was refused cannot be tested.
void judge_success(Session& session, const Denial& denied, const Run& run) {
  const std::size_t before = session.evidence().findings.size();
  const std::string name = text_of(denied) + ", which it did not report";
  if (session.subject().agreement == Agreement::bitwise) {
    session.compare_runs(Check::failure, *session.first(), "undisturbed", run, name);
  } else {
    session.compare_with(Check::failure, session.expectation(), run);
  }
  const bool launched = denied.what == Denial::What::launch;
  if (launched && session.evidence().findings.size() == before) {
    session.leave_out(Check::failure, "the subject launches without asking");
  } else {
    session.carried_out(Check::failure);
  }
}

void judge_failure(Session& session, const Denial& denied, const Status& status) {
  session.carried_out(Check::failure);
  if (status.code() == expected_code(denied)) return;
  session.report(Check::failure,
                 text_of(denied) + ": reported as " + std::string(name_of(status.code())) +
                     " where " + std::string(name_of(expected_code(denied))) +
                     " is expected: " + status.message(),
                 {}, "status");
}

// Bytes that the call left on the heap.
std::int64_t call_denied(Session& session, const Denial& denied) {
  const std::int64_t before = heap_in_use();
  {
    const Run run = session.execute(session.problem(), options_for(denied));
    if (run.status.ok()) return 0;
  }
  return heap_in_use() - before;
}

void look_for_leak(Session& session, const Denial& denied) {
  // The allocator keeps up to seven freed blocks of a size aside and counts them as in use: only
  // once those are gone does a leak show.
  constexpr int kKeptAside = 7;
  for (int i = 0; i < kKeptAside; ++i) {
    if (session.lost()) return;
    static_cast<void>(call_denied(session, denied));
  }
  const std::int64_t growth = growth_at_every_call([&] { return call_denied(session, denied); });
  if (growth == 0) return;
  session.report(Check::failure,
                 text_of(denied) + ": every such call leaves memory on the heap: " +
                     std::to_string(growth) + " bytes the last one",
                 {}, "leak");
}

// False if no further call of the subject can be made.
bool deny(Session& session, const Denial& denied, bool leaks) {
  {
    Run run = session.execute(session.problem(), options_for(denied));
    if (!session.observe(run, text_of(denied))) return false;
    if (run.status.ok()) {
      judge_success(session, denied, run);
      return true;
    }
    judge_failure(session, denied, run.status);
  }
  if (leaks && session.backend().can_order()) look_for_leak(session, denied);
  return true;
}

// The call that follows one that failed. False if the check is to end here.
bool call_again(Session& session, const Denial& denied) {
  const std::string which = "after a call with " + text_of(denied);
  Run run = session.execute(session.problem(), RunOptions::poisoned(Poison::ones));
  return session.accept(run, which, Check::failure) &&
         session.compare_runs(Check::failure, *session.first(), "before", run, which);
}

// Each of the call's own allocations and launches in turn.
void deny_each(Session& session, bool leaks) {
  const Run& first = *session.first();
  for (const auto& [what, count] :
       {std::pair{Denial::What::allocation, first.cost.allocations},
        std::pair{Denial::What::launch, std::uint64_t{first.launches.size()}}}) {
    for (std::uint64_t number = 1; number <= count; ++number) {
      const std::size_t before = session.evidence().findings.size();
      const Denial denied{what, number};
      if (!deny(session, denied, leaks) || session.satisfied(before)) return;
      if (!call_again(session, denied)) return;
    }
  }
}

}  // namespace

void check_failures(Session& session) {
  // It takes many runs, and looking for leaks more: a sweep makes them for some of its cases.
  constexpr std::int64_t kEvery = 4;
  constexpr std::int64_t kEveryForLeaks = 32;
  const BatteryOptions& options = session.options();
  const bool asked =
      options.thorough || options.only || options.until || !options.only_unit.empty();
  if (asked || options.turn % kEvery == 1) {
    deny_each(session, asked || options.turn % kEveryForLeaks == 1);
  }
}

}  // namespace mlacheck
