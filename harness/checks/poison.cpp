#include "harness/checks/units.hpp"

namespace mlacheck {

void check_poison(Session& session) {
  const Problem& problem = session.problem();
  Run& second = session.second();
  if (!session.accept(second, "poison 0x5A", Check::poison)) return;
  session.carried_out(Check::canary);
  session.carried_out(Check::poison);
  session.compare_runs(Check::poison, problem, *session.first(), problem, second, "poison 0xFF",
                       "poison 0x5A");
}

}  // namespace mlacheck
