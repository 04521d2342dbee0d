#include <fmt/core.h>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "harness/cli/case_argument.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/criteria.hpp"
#include "harness/cli/mutant_choice.hpp"
#include "harness/cli/output.hpp"
#include "harness/cli/own_source.hpp"
#include "harness/cli/report_file.hpp"
#include "harness/cli/shared_options.hpp"
#include "harness/environment/commit.hpp"
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
  } else if (!result.skipped.empty()) {
    state = "SKIPPED";
  } else if (result.mutant.is_control) {
    state = result.killed() ? "FALSE ALARM" : "alive";
  } else if (!result.killed()) {
    state = "SURVIVED";
  } else if (!result.main_fired()) {
    state = "MAIN SILENT";
  } else if (!result.case_is_as_expected()) {
    state = "NOT MINIMAL";
  }
  const bool control = result.mutant.is_control;
  const char* const least = result.as_known ? "known" : result.not_minimal.empty() ? "yes" : "NO";
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
  for (const std::string& text : {result.error, result.skipped}) {
    if (!text.empty()) std::cout << wrapped(printable(text), indent);
  }
  std::cout << std::flush;
}

constexpr const char* kExamples = R"(Examples:
  mlacheck mutants
  mlacheck mutants --only lse-routine-never-called --seconds 5
  mlacheck mutants --criterion all
  mlacheck mutants --backend cuda
  mlacheck mutants --source . --subject libmine.so --build make
  cmake --build --preset cpu --target mlacheck_mutants   builds the library)";

struct Options {
  MutantOptions hunt;
  std::string backend = "cpu";
  std::string library;
  std::string criterion;
  std::string json;
  std::string markdown;
  std::string known;
  std::string write_known;
  bool list = false;
};

// The calls are made in copies of this process, so this process loads the library.
int run_criteria(const Options& given) {
  static_cast<void>(probe_mutants(given.library, {}));
  CriterionOptions fixed;
  fixed.only = given.hunt.only;
  fixed.seed = given.hunt.seed;
  return print_criteria(given.criterion, fixed, given.library, given.json);
}

int run(Options& given) {
  if (given.backend != "cpu") {
    const std::string reason = reason_without_mutants(given.backend);
    if (!reason.empty() && !given.list) {
      std::cout << wrapped(given.backend + ": SKIPPED, " + printable(reason), "");
      return kExitSkipped;
    }
  }
  if (given.library.empty()) given.library = library_beside_program(given.backend);
  if (!given.criterion.empty()) return run_criteria(given);
  WorkerRunnerOptions isolated;
  isolated.command.arguments.insert(isolated.command.arguments.end(), {"--mutants", given.library});
  given.hunt.make_runner = [isolated] { return make_worker_runner(isolated); };
  if (given.list) {
    std::cout << list_text(enter_mutants(given.library, probe_mutants(given.library, {})));
    return kExitPassed;
  }
  if (!given.known.empty()) {
    const std::string text = text_of_file("--known", given.known, "known kills");
    try {
      given.hunt.known = {parse_known_kills(text), part_of(commit())};
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument("--known " + printable_line(given.known) + ": " + error.what());
    }
  }
  ReportFile file("--json", given.json);
  ReportFile page("--markdown", given.markdown);
  ReportFile kills("--write-known", given.write_known);
  if (!file.open() || !page.open() || !kills.open()) return kExitUsage;
  std::vector<Mutant> mutants = enter_mutants(given.library, probe_mutants(given.library, {}));
  set_device(mutants, given.backend);
  check_wanted(mutants, given.hunt.only, given.backend, given.library);
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
  std::size_t skipped = 0;
  std::size_t known = 0;
  bool error = false;
  bool as_expected = true;
  for (const MutantResult& result : results) {
    const bool control = result.mutant.is_control;
    mutated += control ? 0 : 1;
    killed += !control && result.killed() ? 1 : 0;
    main_fired += result.main_fired() ? 1 : 0;
    minimal += !control && result.killed() && result.not_minimal.empty() ? 1 : 0;
    false_alarms += control && result.killed() ? 1 : 0;
    skipped += result.skipped.empty() ? 0 : 1;
    known += result.as_known ? 1 : 0;
    error = error || !result.error.empty();
    as_expected = as_expected && result.as_expected();
  }
  std::cout << fmt::format(
      "\n{} mutants: {} killed, {} by their main check too, {} with a minimal case;\n"
      "{} controls: {} false alarms{}\n{}"
      "least: whether the case fails in a fresh process and nothing one step simpler does\n",
      mutated, killed, main_fired, minimal, results.size() - mutated, false_alarms,
      skipped > 0 ? fmt::format(", {} skipped", skipped) : "",
      given.known.empty() ? "" : fmt::format("{} of the mutants by the known case\n", known));
  if (given.hunt.only.empty()) std::cout << others_text(mutants);
  const bool interrupted = interrupted_by() != 0;
  const int status = end_report(error                             ? kExitError
                                : as_expected && !results.empty() ? kExitPassed
                                                                  : kExitFailed);
  if (file.wanted() && !file.write(json_report(results, mutants, given.hunt.seed, interrupted))) {
    return kExitError;
  }
  if (interrupted && (page.wanted() || kills.wanted())) {
    std::cerr << "mlacheck: " << (page.wanted() ? "--markdown '" : "--write-known '")
              << excerpt(page.wanted() ? given.markdown : given.write_known, 200)
              << "': not written, since the page would not show what is missing\n";
    return status;
  }
  if (page.wanted() && !page.write(mutant_markdown(results))) return kExitError;
  if (kills.wanted() && !kills.write(known_kills_text(results))) return kExitError;
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
                   .failed = "one was not, or a control was"}));
  const auto own = std::make_shared<OwnSource>();
  add_repeatable(command, "--only", "ID", given->hunt.only, "Only this mutant");
  CLI::Option* const backend =
      add_text(command, "--backend", "BACKEND", given->backend, "cpu, cuda or hip (default: cpu)");
  CLI::Option* const library = add_text(
      command, "--library", "LIBRARY", given->library,
      "Library that holds the mutants (default: mlacheck_mutants.so beside the program, or "
      "mlacheck_mutants_cuda.so or mlacheck_mutants_hip.so)");
  CLI::Option* const cases = add_whole(
      command, "--cases", given->hunt.cases, 1, kMostCases,
      "Cases for each mutant at most (default: " + std::to_string(given->hunt.cases) + ")");
  CLI::Option* const control_cases = add_whole(
      command, "--control-cases", given->hunt.control_cases, 1, kMostCases,
      "Cases that each control carries out (default: " + std::to_string(given->hunt.control_cases) +
          ")");
  CLI::Option* const seconds = add_seconds(command, "--seconds", given->hunt.seconds, kShortest,
                                           kYear, "Seconds for each mutant at most");
  add_seed(command, given->hunt.seed, "Seed of the drawn cases (default: 1)");
  CLI::Option* const shrink = add_seconds(command, "--shrink-seconds", given->hunt.shrink_seconds,
                                          0, kDay, "Time for shrinking the case that killed one");
  CLI::Option* const jobs = add_jobs(command, given->hunt.jobs, "Workers");
  CLI::Option* const criterion =
      add_text(command, "--criterion", "RULE", given->criterion,
               "In place of the battery: what this acceptance rule of another project catches on "
               "fixed cases; all: every rule")
          ->excludes(cases, control_cases, seconds, shrink, jobs, backend);
  command
      .add_flag("--list", given->list, "Only name the mutants and the checks that ought to fire")
      ->excludes(criterion);
  add_text(command, "--json", "FILE", given->json, "Also write a report to this file");
  CLI::Option* const markdown = add_text(command, "--markdown", "FILE", given->markdown,
                                         "Also write a table of the mutants to this file");
  CLI::Option* const known =
      add_text(command, "--known", "FILE", given->known,
               "File that --write-known wrote: the cases there are tried first, but for a tenth of "
               "the mutants, another one for each commit")
          ->excludes(criterion, markdown);
  add_text(command, "--write-known", "FILE", given->write_known,
           "Also write the cases that killed the mutants to this file")
      ->excludes(criterion);
  add_own_source(command, own,
                 {library, backend, control_cases, seconds, shrink, criterion, markdown, known});
  command.callback([given, own, cases, &status] {
    if (own->source.empty()) {
      status = run(*given);
      return;
    }
    std::vector<std::string> more{"--seed=" + std::to_string(given->hunt.seed),
                                  "--jobs=" + std::to_string(given->hunt.jobs)};
    if (cases->count() > 0) more.push_back("--cases=" + std::to_string(given->hunt.cases));
    if (!given->json.empty()) more.push_back("--json=" + given->json);
    for (const std::string& id : given->hunt.only) more.push_back("--only=" + id);
    if (given->list) more.emplace_back("--list");
    run_own_source(*own, more);
  });
}

}  // namespace mlacheck
