#include <algorithm>
#include <limits>

#include "harness/checks/leak.hpp"
#include "harness/checks/units.hpp"
#include "harness/execute/heap.hpp"

namespace mlacheck {
namespace {

// Returns what the call left on the heap.
std::int64_t compare_again(Session& session, const RunOptions& options, const std::string& which) {
  const std::int64_t before = heap_in_use();
  {
    Run run = session.execute(session.problem(), options);
    if (!session.accept_again(run, which)) return 0;
    session.carried_out(Check::repeat);
    session.compare_runs(Check::repeat, *session.first(), "first call", run, which);
  }
  return heap_in_use() - before;
}

bool over(Session& session) {
  return !session.evidence().findings.empty() || !session.evidence().harness_error.empty();
}

void look_for_leak(Session& session) {
  const std::int64_t growth = growth_at_every_call([&] {
    const std::int64_t left =
        compare_again(session, RunOptions::poisoned(Poison::ones), "one more call");
    return over(session) ? 0 : left;
  });
  if (growth == 0) return;
  session.report(Check::repeat,
                 "every call leaves memory on the heap that is not released: " +
                     std::to_string(growth) + " bytes the last one",
                 {}, "leak");
}

}  // namespace

void check_repeat(Session& session) {
  const bool can_order = session.backend().can_order();
  // On a GPU the order of threads cannot be chosen. Many calls make it likely that several orders
  // occur.
  const int calls = can_order ? 4 : 20;
  std::int64_t least_growth = std::numeric_limits<std::int64_t>::max();
  for (int call = 2; call <= calls; ++call) {
    RunOptions options = RunOptions::poisoned(Poison::ones);
    std::string which = "call " + std::to_string(call);
    if (can_order && call == 2) {
      options.order = Order::descending;
      which += ", threads in descending order";
    } else if (can_order) {
      options.order = Order::seeded;
      options.order_seed = static_cast<std::uint64_t>(call);
      which += ", threads in random order";
    } else {
      options.scratch = call % 2 == 0 ? Poison::ones : Poison::junk;
    }
    least_growth = std::min(least_growth, compare_again(session, options, which));
    if (over(session)) return;
  }
  if (can_order && least_growth > 0) look_for_leak(session);
}

}  // namespace mlacheck
