#include "harness/checks/units.hpp"

namespace mlacheck {

void check_poison(Session& session) {
  Run& second = session.second();
  if (!session.accept_again(second, "poison 0x5A")) return;
  session.carried_out(Check::canary);
  session.carried_out(Check::poison);
  session.compare_runs(Check::poison, *session.first(), "poison 0xFF", second, "poison 0x5A");
}

}  // namespace mlacheck
