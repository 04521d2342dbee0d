#include <cstdio>
#include <nlohmann/json.hpp>

#include "harness/cli/commands.hpp"
#include "harness/cli/json_file.hpp"
#include "harness/worker/library_probe.hpp"

namespace mlacheck {
namespace {

using Json = nlohmann::json;

std::string fired_list(const MutantResult& result) {
  std::string text;
  for (const auto& [check, line] : result.fired) text += (text.empty() ? "" : " ") + check;
  return text;
}

void print_row(const MutantResult& result) {
  const char* state = "killed";
  if (!result.error.empty()) {
    state = "ERROR";
  } else if (result.mutant.is_control) {
    state = result.killed() ? "FALSE ALARM" : "alive";
  } else if (!result.killed()) {
    state = "SURVIVED";
  } else if (!result.main_fired()) {
    state = "MAIN SILENT";
  }
  std::printf("%-11s %-15s %-12s %-5s %7lld %6.1f  %s\n", result.mutant.id.c_str(),
              result.mutant.op.c_str(), state,
              result.mutant.is_control ? "-" : result.mutant.checks.front().c_str(),
              static_cast<long long>(result.killed() ? result.cases_to_kill : result.cases),
              result.seconds, fired_list(result).c_str());
  if (result.killed()) std::printf("            %s\n", result.killing_case.c_str());
  if (!result.error.empty()) std::printf("            %s\n", result.error.c_str());
  std::fflush(stdout);
}

Json row_json(const MutantResult& result) {
  return {{"id", result.mutant.id},
          {"op", result.mutant.op},
          {"variant", result.mutant.variant},
          {"summary", result.mutant.summary},
          {"expected", result.mutant.checks},
          {"reason", result.mutant.reason},
          {"killed", result.killed()},
          {"main_fired", result.main_fired()},
          {"killer", result.killer},
          {"case", result.killing_case},
          {"fired", result.fired},
          {"cases_to_kill", result.cases_to_kill},
          {"cases", result.cases},
          {"seconds", result.seconds},
          {"control", result.mutant.is_control},
          {"error", result.error}};
}

}  // namespace

int mutants_command(const MutantOptions& options, const std::string& library,
                    const std::string& json) {
  JsonFile file(json);
  if (!file.open()) return kExitUsage;
  const std::vector<Mutant> mutants = enter_mutants(library, probe_mutants(library, {}));
  std::printf("%-11s %-15s %-12s %-5s %7s %6s  %s\n", "mutant", "op", "state", "main", "cases", "s",
              "checks that fired, and the case that killed it");
  const std::vector<MutantResult> results = run_mutants(mutants, options, &print_row);
  std::size_t mutated = 0;
  std::size_t killed = 0;
  std::size_t main_fired = 0;
  std::size_t false_alarms = 0;
  bool error = false;
  bool as_expected = true;
  Json rows = Json::array();
  for (const MutantResult& result : results) {
    const bool control = result.mutant.is_control;
    mutated += control ? 0 : 1;
    killed += !control && result.killed() ? 1 : 0;
    main_fired += result.main_fired() ? 1 : 0;
    false_alarms += control && result.killed() ? 1 : 0;
    error = error || !result.error.empty();
    as_expected = as_expected && result.as_expected();
    rows.push_back(row_json(result));
  }
  std::printf(
      "\n%zu mutants: %zu killed, %zu by their main check too; %zu controls: %zu false alarms\n",
      mutated, killed, main_fired, results.size() - mutated, false_alarms);
  if (file.wanted() && !file.write(Json{{"seed", options.seed}, {"mutants", rows}}.dump(2) + "\n"))
    return kExitError;
  if (error) return kExitError;
  return as_expected && !results.empty() ? kExitPassed : kExitFailed;
}

}  // namespace mlacheck
