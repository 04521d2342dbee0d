#include <CLI/CLI.hpp>
#include <exception>
#include <filesystem>
#include <iostream>
#include <random>
#include <stdexcept>
#include <thread>

#include "harness/cli/commands.hpp"
#include "harness/cli/number_range.hpp"
#include "harness/run/subjects.hpp"
#include "harness/worker/library_probe.hpp"
#include "harness/worker/own_process.hpp"
#include "harness/worker/worker_runner.hpp"

namespace {

using mlacheck::SweepOptions;

// One value each time, so that what follows may be a case line.
void add_repeatable(CLI::App& command, const std::string& flag, std::vector<std::string>& values,
                    const std::string& description) {
  command.add_option(flag, values, description + " (repeatable)")->allow_extra_args(false);
}

void add_selection(CLI::App& command, SweepOptions& options) {
  add_repeatable(command, "--backend", options.backends, "Only these backends");
  add_repeatable(command, "--variant", options.variants, "Only these variants");
  add_repeatable(command, "--without", options.without, "Not these variants");
}

// Where cases run, and whose subjects.
struct Isolation {
  std::vector<std::string> plugins;
  std::vector<std::string> mutants;
  double case_seconds = 60;
  double load_seconds = 20;
  double worker_gib = 4;
  bool in_process = false;
};

void add_isolation(CLI::App& command, Isolation& isolation) {
  add_repeatable(command, "--subject", isolation.plugins,
                 "Check the subjects of this shared library");
  add_repeatable(command, "--mutants", isolation.mutants, "Also offer the mutants of this library");
  command.add_option("--case-seconds", isolation.case_seconds, "Time limit of one case")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      .add_option("--load-seconds", isolation.load_seconds,
                  "Time limit for loading a library and asking what it offers")
      ->capture_default_str();
  command.add_option("--worker-gib", isolation.worker_gib, "Memory limit of a worker process")
      ->capture_default_str();
  command.add_flag("--in-process", isolation.in_process,
                   "Run cases in this process, for debuggers: a crash ends it");
}

mlacheck::WorkerRunnerOptions worker_options(const Isolation& isolation) {
  mlacheck::WorkerRunnerOptions worker;
  for (const std::string& path : isolation.plugins) {
    worker.command.arguments.insert(worker.command.arguments.end(), {"--subject", path});
  }
  for (const std::string& path : isolation.mutants) {
    worker.command.arguments.insert(worker.command.arguments.end(), {"--mutants", path});
  }
  worker.memory = static_cast<std::size_t>(isolation.worker_gib * 1024 * 1024 * 1024);
  return worker;
}

// Every library is asked in a process of its own first. Only --in-process then loads it here.
void enter_libraries(const Isolation& isolation) {
  const mlacheck::ProbeOptions probe{isolation.load_seconds, worker_options(isolation).memory};
  for (const std::string& path : isolation.plugins) {
    std::vector<mlacheck::SubjectTable> tables = mlacheck::probe_plugin(path, probe);
    if (isolation.in_process) {
      mlacheck::add_plugin(path);
    } else {
      mlacheck::enter_plugin(path, std::move(tables));
    }
  }
  for (const std::string& path : isolation.mutants) {
    mlacheck::MutantLibrary library = mlacheck::probe_mutants(path, probe);
    if (isolation.in_process) {
      mlacheck::add_mutants(path);
    } else {
      mlacheck::enter_mutants(path, std::move(library));
    }
  }
}

// Enters the subjects of libraries and decides who runs the cases.
void apply(const Isolation& isolation, SweepOptions& options) {
  mlacheck::check_range("--case-seconds", isolation.case_seconds, mlacheck::kSecondsRange);
  mlacheck::check_range("--load-seconds", isolation.load_seconds, mlacheck::kSecondsRange);
  mlacheck::check_range("--worker-gib", isolation.worker_gib, mlacheck::kGibRange);
  enter_libraries(isolation);
  options.origins = isolation.plugins;
  options.limits.seconds = isolation.case_seconds;
  if (isolation.in_process) return mlacheck::guard_exit(true);
  options.make_runner = [worker = worker_options(isolation)] {
    return mlacheck::make_worker_runner(worker);
  };
}

std::string beside_program(const std::string& name) {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  return (program.parent_path() / name).string();
}

std::uint64_t fresh_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 16) ^ device();
}

int run(int argc, char** argv) {
  CLI::App app(
      "mlacheck proves, or refutes by the smallest counterexample, that a faster attention "
      "kernel still computes what the slow one did.");
  app.require_subcommand(1);

  CLI::App* list = app.add_subcommand("list", "Ops, variants, backends and the fields of a case");
  Isolation isolation;
  add_repeatable(*list, "--subject", isolation.plugins, "Also the subjects of this shared library");

  SweepOptions options;
  options.seed = fresh_seed();
  options.jobs = std::max(1U, std::thread::hardware_concurrency());
  std::string json;
  bool histogram = false;
  bool no_shrink = false;
  bool values_only = false;
  CLI::App* sweep = app.add_subcommand("sweep", "Run many cases of every op, variant and backend");
  add_repeatable(*sweep, "--op", options.ops, "Only these ops");
  add_selection(*sweep, options);
  sweep->add_option("--seconds", options.seconds, "Time for all rows together")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  sweep->add_option("--cases", options.cases, "Cases for each row, in place of a time")
      ->check(CLI::NonNegativeNumber);
  sweep->add_option("--seed", options.seed, "Seed of the drawn cases (default: a fresh one)");
  sweep->add_option("--jobs", options.jobs, "Host threads")->check(CLI::Range(1, 256));
  sweep->add_option("--json", json, "Also write a report to this file");
  sweep->add_flag("--histogram", histogram, "Also print how the bounds were used");
  sweep->add_flag("--no-shrink", no_shrink, "Report failing cases as drawn");
  sweep->add_flag("--values-only", values_only,
                  "Only compare values with the oracle and the baseline");
  add_isolation(*sweep, isolation);

  std::vector<std::string> lines;
  CLI::App* replay = app.add_subcommand("replay", "Run a case again, as its case line says");
  replay
      ->add_option(
          "case", lines,
          "Case line, such as 'strided_bmm(B=2,L=17)'; several of one op run one after the "
          "other in one process")
      ->required();
  add_selection(*replay, options);
  add_isolation(*replay, isolation);

  std::vector<std::string> cost_lines;
  CLI::App* cost = app.add_subcommand("cost", "What one call of each variant costs, counted");
  cost->add_option("case", cost_lines, "Case lines (default: a real model's size for each op)");
  add_repeatable(*cost, "--op", options.ops, "Only these ops");
  add_selection(*cost, options);
  add_isolation(*cost, isolation);

  int socket = -1;
  int post_mortem = -1;
  CLI::App* worker = app.add_subcommand("worker", "Runs cases for another mlacheck process");
  CLI::App* describe = app.add_subcommand("describe", "Says what one library offers");
  for (CLI::App* const inner : {worker, describe}) {
    inner->group("");  // hidden
    inner->add_option("--socket", socket)->required();
    inner->add_option("--post-mortem", post_mortem)->required();
    inner->add_option("--subject", isolation.plugins)->allow_extra_args(false);
    inner->add_option("--mutants", isolation.mutants)->allow_extra_args(false);
  }

  mlacheck::MutantOptions hunt;
  hunt.jobs = std::max(1U, std::thread::hardware_concurrency());
  std::string library = beside_program("mlacheck_mutants.so");
  CLI::App* mutants = app.add_subcommand(
      "mutants", "Run the battery against faulty kernels: one for each known defect");
  add_repeatable(*mutants, "--only", hunt.only, "Only these mutants");
  mutants->add_option("--library", library, "Library that holds the mutants")
      ->capture_default_str();
  CLI::Option* const most_cases =
      mutants->add_option("--cases", hunt.cases, "Cases for each mutant at most")
          ->check(CLI::PositiveNumber)
          ->capture_default_str();
  CLI::Option* const most_seconds =
      mutants->add_option("--seconds", hunt.seconds, "Seconds for each mutant at most")
          ->check(CLI::PositiveNumber)
          ->capture_default_str();
  mutants->add_option("--seed", hunt.seed, "Seed of the drawn cases")->capture_default_str();
  CLI::Option* const workers =
      mutants->add_option("--jobs", hunt.jobs, "Workers")->check(CLI::Range(1, 256));
  std::string criterion;
  CLI::Option* const rule =
      mutants
          ->add_option(
              "--criterion", criterion,
              "In place of the battery: what this acceptance rule of another project catches "
              "on fixed cases; all: every rule")
          ->excludes(most_cases, most_seconds, workers);
  mutants->add_option("--json", json, "Also write a report to this file");

  CLI::App* launch = app.add_subcommand(
      "launch", "Run kernels without checking them, for tools such as compute-sanitizer initcheck");
  add_repeatable(*launch, "--op", options.ops, "Only these ops");
  add_selection(*launch, options);
  launch->add_option("--cases", options.cases, "Drawn cases for each row, after the required ones")
      ->check(CLI::NonNegativeNumber);
  launch->add_option("--seed", options.seed, "Seed of the drawn cases (default: a fresh one)");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? mlacheck::kExitPassed : mlacheck::kExitUsage;
  }
  const mlacheck::WorkerLibraries libraries{isolation.plugins, isolation.mutants};
  if (worker->parsed()) return mlacheck::worker_command(socket, post_mortem, libraries);
  if (describe->parsed()) return mlacheck::describe_command(socket, post_mortem, libraries);
  options.shrink = !no_shrink;
  if (values_only) options.battery.effort = mlacheck::Effort::values;
  apply(isolation, options);
  if (cost->parsed()) {
    options.origins.clear();
    if (options.backends.empty()) options.backends = {"cpu.w32"};
    const mlacheck::CountCost count =
        mlacheck::make_worker_counter(worker_options(isolation), isolation.case_seconds);
    return mlacheck::cost_command(cost_lines, options,
                                  isolation.in_process ? mlacheck::CountCost{} : count);
  }
  if (list->parsed()) return mlacheck::list_command();
  if (sweep->parsed()) return mlacheck::sweep_command(options, json, histogram);
  if (launch->parsed()) return mlacheck::launch_command(options);
  if (rule->count() > 0) {
    mlacheck::CriterionOptions fixed;
    fixed.only = hunt.only;
    fixed.seed = hunt.seed;
    // Its calls are made by copies of this process, which therefore loads the library itself.
    static_cast<void>(mlacheck::probe_mutants(library, {}));
    return mlacheck::criterion_command(criterion, fixed, library, json);
  }
  if (mutants->parsed()) {
    mlacheck::WorkerRunnerOptions isolated;
    isolated.command.arguments.insert(isolated.command.arguments.end(), {"--mutants", library});
    hunt.make_runner = [isolated] { return mlacheck::make_worker_runner(isolated); };
    return mlacheck::mutants_command(hunt, library, json);
  }
  return mlacheck::replay_command(lines, options);
}

}  // namespace

int main(int argc, char** argv) {
  mlacheck::prepare_process();
  int status = mlacheck::kExitError;
  try {
    status = run(argc, argv);
  } catch (const std::invalid_argument& error) {
    std::cerr << "mlacheck: " << error.what() << '\n';
    status = mlacheck::kExitUsage;
  } catch (const std::exception& error) {
    std::cerr << "mlacheck: " << error.what() << '\n';
  }
  mlacheck::guard_exit(false);
  mlacheck::end_strays();
  return status;
}
