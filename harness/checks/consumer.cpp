#include "harness/checks/units.hpp"

namespace mlacheck {

void check_consumer(Session& session) {
  if (!session.model().has_consumer()) return;
  session.carried_out(Check::metadata);
  for (std::string& text : session.model().consume(session.problem(), session.first()->outputs)) {
    session.report(Check::metadata, "consumer: " + std::move(text), {}, "consumer");
  }
}

}  // namespace mlacheck
