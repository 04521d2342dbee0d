#include "harness/checks/battery.hpp"

#include "harness/checks/conventions.hpp"
#include "harness/checks/units.hpp"
#include "harness/core/progress.hpp"

namespace mlacheck {

const std::vector<CheckUnit>& check_units() {
  static const std::vector<CheckUnit> kUnits{
      {"values", Effort::values, true, false, &check_values},
      {"consumer", Effort::values, true, false, &check_consumer},
      {"agreement", Effort::values, true, false, &check_agreement},
      {"poison", Effort::full, true, false, &check_poison},
      {"dead input", Effort::full, false, false, &check_dead_input},
      {"layout twin", Effort::full, true, false, &check_layout},
      {"repeat", Effort::full, false, false, &check_repeat},
      {"history", Effort::full, false, false, &check_history},
      {"replay", Effort::full, false, false, &check_replay},
      {"relations", Effort::full, false, false, &check_relations},
      {"cost", Effort::full, true, false, &check_cost},
      {"alias", Effort::full, true, false, &check_alias},
      // Those that may end the process come last.
      {"address width", Effort::full, false, true, &check_width},
      {"guarded reads", Effort::full, false, true, &check_guarded_reads},
  };
  return kUnits;
}

namespace {

// A real model's shape costs a CPU run a second: such a case goes through the checks that depend on
// the shape, and leaves the others to the thousands of small ones.
bool heavy(const Problem& problem) {
  constexpr std::int64_t kHeavyElements = std::int64_t{1} << 18;
  return problem.elements() > kHeavyElements;
}

}  // namespace

CaseResult run_battery(const SessionInput& input, const BatteryOptions& options) {
  Session session(input);
  const std::string outside = outside_conventions(session.problem(), input.subject);
  if (!outside.empty()) {
    session.evidence().skip_reason = outside;
    return session.finish();
  }
  const bool light = heavy(session.problem());
  for (const CheckUnit& unit : check_units()) {
    if (unit.effort == Effort::full && options.effort == Effort::values) continue;
    if (unit.effort == Effort::full && light && !unit.for_heavy_cases) continue;
    if (unit.may_end_process && !session.evidence().findings.empty()) continue;
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
