#include "harness/checks/battery.hpp"

#include "harness/checks/conventions.hpp"
#include "harness/checks/units.hpp"
#include "harness/core/progress.hpp"

namespace mlacheck {

const std::vector<CheckUnit>& check_units() {
  static const std::vector<CheckUnit> kUnits{
      {"values", Effort::values, &check_values},
      {"consumer", Effort::values, &check_consumer},
      {"agreement", Effort::values, &check_agreement},
      {"poison", Effort::full, &check_poison},
      {"dead input", Effort::full, &check_dead_input},
      {"layout twin", Effort::full, &check_layout},
      {"repeat", Effort::full, &check_repeat},
      {"history", Effort::full, &check_history},
      {"relations", Effort::full, &check_relations},
      {"cost", Effort::full, &check_cost},
      {"alias", Effort::full, &check_alias},
      // Those that may end the process come last.
      {"address width", Effort::full, &check_width},
      {"guarded reads", Effort::full, &check_guarded_reads},
  };
  return kUnits;
}

CaseResult run_battery(const SessionInput& input, const BatteryOptions& options) {
  Session session(input);
  const std::string outside = outside_conventions(session.problem(), input.subject);
  if (!outside.empty()) {
    session.evidence().skip_reason = outside;
    return session.finish();
  }
  for (const CheckUnit& unit : check_units()) {
    if (unit.effort == Effort::full && options.effort == Effort::values) continue;
    note_progress(unit.name);
    if (session.first() == nullptr) break;
    unit.run(session);
    if (!session.evidence().harness_error.empty()) break;
    if (options.stop_at_first && !session.evidence().findings.empty()) break;
  }
  note_progress("");
  return session.finish();
}

}  // namespace mlacheck
