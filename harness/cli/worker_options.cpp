// Commands that run cases in worker processes, and the worker's own.
#include <algorithm>
#include <filesystem>
#include <limits>
#include <memory>
#include <random>
#include <stdexcept>
#include <thread>

#include "harness/arguments/arguments.hpp"
#include "harness/cli/choice_argument.hpp"
#include "harness/cli/command_options.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/help_texts.hpp"
#include "harness/cli/isolation.hpp"
#include "harness/subjects/subjects.hpp"
#include "harness/text/text.hpp"
#include "harness/worker/library_probe.hpp"
#include "harness/worker/worker_runner.hpp"

namespace mlacheck {
namespace {

constexpr const char* kMutants = "mlacheck_mutants.so";

std::string beside_program(const std::string& name) {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  return (program.parent_path() / name).string();
}

}  // namespace

void add_selection(CLI::App& command, Selection& selection) {
  add_repeatable(command, "--backend", "BACKEND", selection.backends, "Only this backend");
  add_repeatable(command, "--variant", "VARIANT", selection.variants, "Only this variant");
  add_repeatable(command, "--without", "VARIANT", selection.without, "Not this variant");
}

std::uint64_t fresh_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 16) ^ device();
}

unsigned default_jobs() { return std::clamp(std::thread::hardware_concurrency(), 1U, 256U); }

Command sweep_of(CLI::App& app) {
  struct Options {
    SweepOptions sweep;
    std::int64_t cases = 0;
    Isolation isolation;
    std::string json;
    bool histogram = false;
    bool no_shrink = false;
    bool values_only = false;
  };
  const auto given = std::make_shared<Options>();
  given->sweep.seed = fresh_seed();
  given->sweep.jobs = default_jobs();
  CLI::App* const command =
      app.add_subcommand("sweep", "Runs many cases of every op, variant and backend");
  command->footer(kSweepHelp);
  add_repeatable(*command, "--op", "OP", given->sweep.select.ops, "Only this op");
  add_selection(*command, given->sweep.select);
  add_seconds(*command, "--seconds", given->sweep.seconds, 0, kYear, "Time for all rows together");
  const CLI::Option* const cases =
      add_whole(*command, "--cases", given->cases, 0, kMostCases,
                "Cases for each row, in place of a time. The required cases of an op always run; "
                "0: no others");
  add_seed(*command, given->sweep.seed, "Seed of the drawn cases (default: a fresh one)");
  add_whole(*command, "--jobs", given->sweep.jobs, 1U, 256U, "Host threads, each with a worker");
  add_text(*command, "--json", "FILE", given->json, "Also write a report to this file");
  add_whole(*command, "--max-failures", given->sweep.max_failures, 0, kMostCases,
            "Counterexamples of a row, one for each distinct failure, after which it ends; 0: no "
            "limit (default: 8)");
  add_seconds(*command, "--shrink-seconds", given->sweep.shrink_seconds, 0, kDay,
              "Time for shrinking one counterexample");
  command->add_flag("--histogram", given->histogram, "Also print how the bounds were used");
  command->add_flag("--no-shrink", given->no_shrink, "Report failing cases as drawn");
  command->add_flag("--values-only", given->values_only,
                    "Only compare values with the oracle and the baseline");
  add_isolation(*command, given->isolation);
  return {command, [given, cases] {
            if (cases->count() > 0) given->sweep.cases = given->cases;
            given->sweep.shrink = !given->no_shrink;
            if (given->values_only) given->sweep.battery.effort = Effort::values;
            apply(given->isolation, given->sweep);
            return sweep_command(given->sweep, given->json, given->histogram);
          }};
}

Command replay_of(CLI::App& app) {
  struct Options {
    SweepOptions sweep;
    Isolation isolation;
    std::vector<std::string> lines;
    std::string cases_file;
    std::vector<std::string> choices;
  };
  const auto given = std::make_shared<Options>();
  CLI::App* const command =
      app.add_subcommand("replay", "Runs a case again, as its case line says");
  command->footer(kReplayHelp);
  CLI::Option* const lines = command->add_option("CASE", given->lines,
                                                 "Case line, such as 'strided_bmm(T=2,latent=17)'; "
                                                 "several of one op run one after the other in "
                                                 "one process");
  add_text(*command, "--cases-file", "FILE", given->cases_file,
           "In place of CASE: a file of cases of one op, one a line; '#' begins a comment, and "
           "lists such as dtype={f32,bf16} multiply")
      ->excludes(lines);
  add_selection(*command, given->sweep.select);
  add_repeatable(*command, "--choice", "CHECK=NUMBER", given->choices,
                 "Which of its alternatives a check tries first, as a report says it: K8 a "
                 "neighbour, K10 and K11 relations, K13 an operand and a distance");
  add_isolation(*command, given->isolation);
  return {command, [given] {
            if (given->lines.empty() && given->cases_file.empty()) {
              throw std::invalid_argument("CASE is required, or --cases-file FILE");
            }
            for (const std::string& text : given->choices) {
              given->sweep.battery.choices.push_back(choice_argument(text));
            }
            apply(given->isolation, given->sweep);
            return replay_command(given->lines, given->cases_file, given->sweep);
          }};
}

Command mutants_of(CLI::App& app) {
  struct Options {
    MutantOptions hunt;
    std::string library = beside_program(kMutants);
    std::string criterion;
    std::string json;
    std::string markdown;
  };
  const auto given = std::make_shared<Options>();
  given->hunt.jobs = default_jobs();
  CLI::App* const command = app.add_subcommand(
      "mutants", "Runs the battery against faulty kernels: one for each known defect");
  command->footer(kMutantsHelp);
  add_repeatable(*command, "--only", "ID", given->hunt.only, "Only this mutant");
  add_text(*command, "--library", "LIBRARY", given->library,
           "Library that holds the mutants (default: mlacheck_mutants.so beside the program)");
  CLI::Option* const cases = add_whole(
      *command, "--cases", given->hunt.cases, 1, kMostCases,
      "Cases for each mutant at most (default: " + std::to_string(given->hunt.cases) + ")");
  CLI::Option* const seconds = add_seconds(*command, "--seconds", given->hunt.seconds, kShortest,
                                           kYear, "Seconds for each mutant at most");
  add_seed(*command, given->hunt.seed, "Seed of the drawn cases (default: 1)");
  CLI::Option* const jobs = add_whole(*command, "--jobs", given->hunt.jobs, 1U, 256U, "Workers");
  add_text(*command, "--criterion", "RULE", given->criterion,
           "In place of the battery: what this acceptance rule of another project catches on "
           "fixed cases; all: every rule")
      ->excludes(cases, seconds, jobs);
  add_text(*command, "--json", "FILE", given->json, "Also write a report to this file");
  add_text(*command, "--markdown", "FILE", given->markdown,
           "Also write a table of the mutants to this file");
  return {command, [given] {
            if (given->library == beside_program(kMutants) &&
                !std::filesystem::exists(given->library)) {
              throw std::invalid_argument("--library '" + excerpt(given->library, 200) +
                                          "': expected a file; the CMake target mlacheck_mutants "
                                          "of a build folder makes it");
            }
            if (!given->criterion.empty()) {
              CriterionOptions fixed;
              fixed.only = given->hunt.only;
              fixed.seed = given->hunt.seed;
              // Its calls are made by copies of this process, which therefore loads the library.
              static_cast<void>(probe_mutants(given->library, {}));
              return criterion_command(given->criterion, fixed, given->library, given->json);
            }
            WorkerRunnerOptions isolated;
            isolated.command.arguments.insert(isolated.command.arguments.end(),
                                              {"--mutants", given->library});
            given->hunt.make_runner = [isolated] { return make_worker_runner(isolated); };
            return mutants_command(given->hunt, given->library, given->json, given->markdown);
          }};
}

namespace {

// The two sides of isolation, told apart by what they are asked over the socket.
Command inner_command(CLI::App& app, const char* name, const char* description,
                      int (*run)(int, int, const WorkerLibraries&)) {
  struct Options {
    WorkerLibraries libraries;
    std::int64_t socket = -1;
    std::int64_t post_mortem = -1;
  };
  const auto given = std::make_shared<Options>();
  CLI::App* const command = app.add_subcommand(name, description);
  command->group("");  // hidden
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  add_whole(*command, "--socket", given->socket, 0, kMost, "Requests and answers")->required();
  add_whole(*command, "--post-mortem", given->post_mortem, 0, kMost, "Last words")->required();
  add_repeatable(*command, "--subject", "LIBRARY", given->libraries.plugins, "As for sweep");
  add_repeatable(*command, "--mutants", "LIBRARY", given->libraries.mutants, "As for sweep");
  return {command, [given, run] {
            return run(static_cast<int>(given->socket), static_cast<int>(given->post_mortem),
                       given->libraries);
          }};
}

}  // namespace

Command worker_of(CLI::App& app) {
  return inner_command(app, "worker", "Runs cases for another mlacheck process", &worker_command);
}

Command describe_of(CLI::App& app) {
  return inner_command(app, "describe", "Says what one library offers", &describe_command);
}

}  // namespace mlacheck
