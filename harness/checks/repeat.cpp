#include "harness/checks/units.hpp"

namespace mlacheck {
namespace {

void compare_again(Session& session, const RunOptions& options, const std::string& which) {
  Run run = session.execute(session.problem(), options);
  if (!session.accept(run, which)) return;
  session.carried_out(Check::repeat);
  session.compare_runs(Check::repeat, session.problem(), *session.first(), session.problem(), run,
                       "first call", which);
}

}  // namespace

void check_repeat(Session& session) {
  RunOptions options = RunOptions::poisoned(Poison::ones);
  if (session.backend().can_order()) {
    options.order = Order::descending;
    compare_again(session, options, "threads in descending order");
    options.order = Order::seeded;
    for (const std::uint64_t seed : {1U, 2U}) {
      options.order_seed = seed;
      compare_again(session, options, "threads in random order " + std::to_string(seed));
    }
    return;
  }
  // A GPU orders threads as it likes: many calls see more of that than one.
  constexpr int kCalls = 20;
  for (int call = 2; call <= kCalls; ++call) {
    options.scratch = call % 2 == 0 ? Poison::ones : Poison::junk;
    compare_again(session, options, "call " + std::to_string(call));
    if (!session.evidence().findings.empty() || !session.evidence().harness_error.empty()) return;
  }
}

}  // namespace mlacheck
