#include "harness/checks/battery.hpp"

#include <algorithm>

#include "harness/checks/conventions.hpp"
#include "harness/checks/units.hpp"
#include "harness/environment/progress.hpp"

namespace mlacheck {

const std::vector<CheckUnit>& check_units() {
  static const std::vector<CheckUnit> kUnits{
      {"values",
       Effort::values,
       true,
       false,
       {Check::shapes, Check::edge, Check::probe, Check::metadata, Check::quantization},
       &check_values},
      {"consumer", Effort::values, true, false, {Check::metadata}, &check_consumer},
      {"agreement", Effort::values, true, false, {Check::agreement}, &check_agreement},
      {"poison", Effort::full, true, false, {Check::poison}, &check_poison},
      {"dead input", Effort::full, false, false, {Check::dead_input}, &check_dead_input},
      {"layout twin", Effort::full, true, false, {Check::layout}, &check_layout},
      {"repeat", Effort::full, false, false, {Check::repeat}, &check_repeat},
      {"history", Effort::full, false, false, {Check::history}, &check_history},
      {"in place", Effort::full, false, false, {Check::history}, &check_in_place},
      {"replay", Effort::full, false, false, {Check::history}, &check_replay},
      {"relations",
       Effort::full,
       false,
       false,
       {Check::batch, Check::probe, Check::quantization, Check::metadata},
       &check_relations},
      {"cost", Effort::full, true, false, {Check::cost}, &check_cost},
      {"alias", Effort::full, true, false, {Check::alias}, &check_alias},
      {"failures", Effort::full, false, false, {Check::failure}, &check_failures},
      // Those that may end the process come last.
      {"guarded reads", Effort::full, false, true, {Check::guard}, &check_guarded_reads},
      {"address width", Effort::full, false, true, {Check::width}, &check_width},
      {"large indices", Effort::full, false, true, {Check::width}, &check_large_indices},
      {"large extents", Effort::full, false, true, {Check::width}, &check_large_extents},
      {"many rows", Effort::full, false, true, {Check::width}, &check_many_rows},
  };
  return kUnits;
}

bool is_heavy(const Problem& problem) {
  // A real model's shape costs a CPU run a second. Such a case goes through the checks that depend
  // on the shape; the thousands of small cases go through the others.
  constexpr std::int64_t kHeavyElements = std::int64_t{1} << 18;
  return problem.elements() > kHeavyElements;
}

namespace {

bool looks_for(const CheckUnit& unit, Check check) {
  return std::find(unit.finds.begin(), unit.finds.end(), check) != unit.finds.end();
}

bool wanted(const CheckUnit& unit, const BatteryOptions& options, bool heavy) {
  if (unit.effort == Effort::full && options.effort == Effort::values) return false;
  if (unit.effort == Effort::full && heavy && !unit.for_heavy_cases) return false;
  if (options.only_width_unit && looks_for(unit, Check::width) &&
      unit.name != *options.only_width_unit) {
    return false;
  }
  if (!options.only_unit.empty()) return unit.name == options.only_unit;
  return !options.only || looks_for(unit, *options.only);
}

bool reached(const BatteryOptions& options, const Evidence& evidence) {
  if (options.stop_at_first && !evidence.findings.empty()) return true;
  return options.until &&
         std::any_of(evidence.findings.begin(), evidence.findings.end(),
                     [&](const Finding& found) { return options.until->met_by(found); });
}

}  // namespace

bool has_own_units(Check check) {
  return std::any_of(check_units().begin(), check_units().end(),
                     [&](const CheckUnit& unit) { return looks_for(unit, check); });
}

CaseResult run_battery(const SessionInput& input, const BatteryOptions& options) {
  if (const std::string why = input.model.outside_domain(input.c); !why.empty()) {
    CaseResult result;
    result.evidence.skip_reason = "outside the domain: " + why;
    result.verdict = decide(result.evidence);
    return result;
  }
  Session session(input, options);
  Evidence& evidence = session.evidence();
  evidence.skip_reason = outside_conventions(session.problem(), input.subject);
  if (!evidence.skip_reason.empty()) return session.finish();
  const bool heavy = is_heavy(session.problem());
  for (const CheckUnit& unit : check_units()) {
    if (!wanted(unit, options, heavy)) continue;
    const bool whole = !options.only && options.only_unit.empty();
    if (unit.may_end_process && whole && !evidence.findings.empty() && !options.go_on) continue;
    note_progress(unit.name);
    const bool usable = session.first() != nullptr;
    if (usable && !reached(options, evidence)) unit.run(session);
    for (Finding& finding : evidence.findings) {
      if (finding.unit.empty()) finding.unit = unit.name;
    }
    if (!usable) break;
    if (session.lost() || !evidence.harness_error.empty() || reached(options, evidence)) break;
  }
  note_progress("");
  return session.finish();
}

}  // namespace mlacheck
