#include <fmt/core.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "harness/cli/commands.hpp"
#include "harness/cli/criteria.hpp"
#include "harness/cli/output.hpp"
#include "harness/cli/report_file.hpp"
#include "harness/cli/selection.hpp"
#include "harness/cli/shared_options.hpp"
#include "harness/environment/interrupt.hpp"
#include "harness/report/json.hpp"
#include "harness/report/wrap.hpp"
#include "harness/study/mutant_markdown.hpp"
#include "harness/text/text.hpp"
#include "harness/worker/library_probe.hpp"
#include "harness/worker/worker_runner.hpp"

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
  const char* const least = result.not_minimal.empty() ? "yes" : "NO";
  std::cout << fmt::format("{:<28} {:<15} {:<11} {:<5} {:<5} {:>5} {:5.1f}\n",
                           excerpt(result.mutant.id, 48), result.mutant.op, state,
                           control ? "-" : result.mutant.checks.front(), control ? "-" : least,
                           result.killed() ? result.cases_to_kill : result.cases, result.seconds);
  const std::string indent(4, ' ');
  if (result.killed()) {
    std::cout << wrapped(result.checks_fired() + ": " + result.case_to_show(), indent);
  }
  if (!result.not_minimal.empty()) {
    std::cout << wrapped("not minimal: " + result.not_minimal, indent);
  }
  if (!result.error.empty()) std::cout << wrapped(printable(result.error), indent);
  std::cout << std::flush;
}

constexpr const char* kExamples = R"(Examples:
  mlacheck mutants
  mlacheck mutants --only lse-routine-never-called --seconds 5
  mlacheck mutants --criterion all
  cmake --build --preset cpu --target mlacheck_mutants   builds the library)";

std::string beside_program(const std::string& name) {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  return (program.parent_path() / name).string();
}

struct Options {
  MutantOptions hunt;
  std::string library = beside_program("mlacheck_mutants.so");
  std::string criterion;
  std::string json;
  std::string markdown;
};

// Its calls are made by copies of this process, which therefore loads the library.
int run_criteria(const Options& given) {
  static_cast<void>(probe_mutants(given.library, {}));
  CriterionOptions fixed;
  fixed.only = given.hunt.only;
  fixed.seed = given.hunt.seed;
  return print_criteria(given.criterion, fixed, given.library, given.json);
}

int run(Options& given) {
  if (given.library == Options().library && !std::filesystem::exists(given.library)) {
    throw std::invalid_argument("--library '" + excerpt(given.library, 200) +
                                "': expected a file; the CMake target mlacheck_mutants "
                                "of a build folder makes it");
  }
  if (!given.criterion.empty()) return run_criteria(given);
  WorkerRunnerOptions isolated;
  isolated.command.arguments.insert(isolated.command.arguments.end(), {"--mutants", given.library});
  given.hunt.make_runner = [isolated] { return make_worker_runner(isolated); };
  ReportFile file("--json", given.json);
  ReportFile page("--markdown", given.markdown);
  if (!file.open() || !page.open()) return kExitUsage;
  const std::vector<Mutant> mutants =
      enter_mutants(given.library, probe_mutants(given.library, {}));
  check_mutants(mutants, given.hunt.only, given.library);
  std::cout << fmt::format("{:<28} {:<15} {:<11} {:<5} {:<5} {:>5} {:>5}\n    {}\n", "mutant", "op",
                           "state", "main", "least", "cases", "s",
                           "checks that fired: the smallest case that fails in this way");
  stop_on_signals();
  const std::vector<MutantResult> results = run_mutants(mutants, given.hunt, &print_row);
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
  std::cout << fmt::format(
      "\n{} mutants: {} killed, {} by their main check too, {} with a minimal case;\n"
      "{} controls: {} false alarms\n"
      "least: whether the case fails in a fresh process and nothing one step simpler does\n",
      mutated, killed, main_fired, minimal, results.size() - mutated, false_alarms);
  const bool interrupted = interrupted_by() != 0;
  const int status = end_report(error                             ? kExitError
                                : as_expected && !results.empty() ? kExitPassed
                                                                  : kExitFailed);
  if (file.wanted() && !file.write(json_report(results, given.hunt.seed, interrupted))) {
    return kExitError;
  }
  if (page.wanted() && interrupted) {
    std::cerr << "mlacheck: --markdown '" << excerpt(given.markdown, 200)
              << "': not written, since the page would not show what is missing\n";
  } else if (page.wanted() && !page.write(mutant_markdown(results))) {
    return kExitError;
  }
  return status;
}

}  // namespace

void mutants_command(CLI::App& app, int& status) {
  const auto given = std::make_shared<Options>();
  CLI::App& command = add_command(
      app, "mutants", "Runs the battery against faulty kernels: one for each known defect",
      help_footer(kExamples,
                  {.passed = "every mutant was caught, also by its main check, and no control "
                             "was;\n      with --criterion whatever the figures are",
                   .failed = "one was not, or a control was",
                   .skips = false}));
  add_repeatable(command, "--only", "ID", given->hunt.only, "Only this mutant");
  add_text(command, "--library", "LIBRARY", given->library,
           "Library that holds the mutants (default: mlacheck_mutants.so beside the program)");
  CLI::Option* const cases = add_whole(
      command, "--cases", given->hunt.cases, 1, kMostCases,
      "Cases for each mutant at most (default: " + std::to_string(given->hunt.cases) + ")");
  CLI::Option* const control_cases = add_whole(
      command, "--control-cases", given->hunt.control_cases, 1, kMostCases,
      "Cases for each control (default: " + std::to_string(given->hunt.control_cases) + ")");
  CLI::Option* const seconds = add_seconds(command, "--seconds", given->hunt.seconds, kShortest,
                                           kYear, "Seconds for each mutant at most");
  add_seed(command, given->hunt.seed, "Seed of the drawn cases (default: 1)");
  CLI::Option* const jobs = add_jobs(command, given->hunt.jobs, "Workers");
  add_text(command, "--criterion", "RULE", given->criterion,
           "In place of the battery: what this acceptance rule of another project catches on "
           "fixed cases; all: every rule")
      ->excludes(cases, control_cases, seconds, jobs);
  add_text(command, "--json", "FILE", given->json, "Also write a report to this file");
  add_text(command, "--markdown", "FILE", given->markdown,
           "Also write a table of the mutants to this file");
  command.callback([given, &status] { status = run(*given); });
}

}  // namespace mlacheck
