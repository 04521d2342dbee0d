#include <cstdio>

#include "harness/cli/commands.hpp"
#include "harness/cli/report_file.hpp"
#include "harness/cli/selection.hpp"
#include "harness/report/json.hpp"
#include "harness/report/wrap.hpp"
#include "harness/study/mutant_markdown.hpp"
#include "harness/text/text.hpp"
#include "harness/worker/library_probe.hpp"

namespace mlacheck {
namespace {

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
  } else if (!result.not_minimal.empty()) {
    state = "NOT MINIMAL";
  }
  const bool control = result.mutant.is_control;
  std::printf("%-24s %-15s %-11s %-5s %-5s %5lld %5.1f\n", excerpt(result.mutant.id, 24).c_str(),
              result.mutant.op.c_str(), state, control ? "-" : result.mutant.checks.front().c_str(),
              control                      ? "-"
              : result.not_minimal.empty() ? "yes"
                                           : "NO",
              static_cast<long long>(result.killed() ? result.cases_to_kill : result.cases),
              result.seconds);
  const std::string indent(4, ' ');
  if (result.killed()) {
    std::printf("%s",
                wrapped(result.checks_fired() + ": " + result.case_to_show(), indent).c_str());
  }
  if (!result.not_minimal.empty()) {
    std::printf("%s", wrapped("not minimal: " + result.not_minimal, indent).c_str());
  }
  if (!result.error.empty()) std::printf("%s", wrapped(printable(result.error), indent).c_str());
  std::fflush(stdout);
}

}  // namespace

int mutants_command(const MutantOptions& options, const std::string& library,
                    const std::string& json, const std::string& markdown) {
  ReportFile file("--json", json);
  ReportFile page("--markdown", markdown);
  if (!file.open() || !page.open()) return kExitUsage;
  const std::vector<Mutant> mutants = enter_mutants(library, probe_mutants(library, {}));
  check_mutants(mutants, options.only, library);
  std::printf("%-24s %-15s %-11s %-5s %-5s %5s %5s\n    %s\n", "mutant", "op", "state", "main",
              "least", "cases", "s", "checks that fired: the smallest case that fails in this way");
  const std::vector<MutantResult> results = run_mutants(mutants, options, &print_row);
  std::size_t mutated = 0;
  std::size_t killed = 0;
  std::size_t main_fired = 0;
  std::size_t false_alarms = 0;
  std::size_t minimal = 0;
  bool error = false;
  bool as_expected = true;
  for (const MutantResult& result : results) {
    const bool control = result.mutant.is_control;
    mutated += control ? 0 : 1;
    killed += !control && result.killed() ? 1 : 0;
    main_fired += result.main_fired() ? 1 : 0;
    minimal += !control && result.killed() && result.not_minimal.empty() ? 1 : 0;
    false_alarms += control && result.killed() ? 1 : 0;
    error = error || !result.error.empty();
    as_expected = as_expected && result.as_expected();
  }
  std::printf(
      "\n%zu mutants: %zu killed, %zu by their main check too, %zu with a minimal case;\n"
      "%zu controls: %zu false alarms\n"
      "least: whether the case fails in a fresh process and nothing one step simpler does\n",
      mutated, killed, main_fired, minimal, results.size() - mutated, false_alarms);
  if (file.wanted() && !file.write(json_report(results, options.seed))) return kExitError;
  if (page.wanted() && !page.write(mutant_markdown(results))) return kExitError;
  if (error) return kExitError;
  return as_expected && !results.empty() ? kExitPassed : kExitFailed;
}

}  // namespace mlacheck
