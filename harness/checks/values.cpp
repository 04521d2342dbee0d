#include "harness/checks/units.hpp"

namespace mlacheck {

void check_values(Session& session) {
  const Check check = session.model().value_check(session.the_case());
  session.carried_out(check);
  session.carried_out(Check::trust);
  session.compare_with(check, session.expectation(), *session.first());
}

}  // namespace mlacheck
