#include "harness/cli/isolation.hpp"

#include "harness/arguments/arguments.hpp"
#include "harness/cli/command_options.hpp"
#include "harness/run/subjects.hpp"
#include "harness/worker/worker_runner.hpp"

namespace mlacheck {

void add_isolation(CLI::App& command, Isolation& isolation) {
  add_repeatable(command, "--subject", "LIBRARY", isolation.plugins,
                 "Check the subjects of this shared library");
  add_repeatable(command, "--mutants", "LIBRARY", isolation.mutants,
                 "Also offer the mutants of this library");
  add_seconds(command, "--case-seconds", isolation.case_seconds, kShortest, kDay,
              "Time limit of one case");
  add_seconds(command, "--worker-gib", isolation.worker_gib, 0.0625, 1024,
              "Memory limit of a worker process in GiB")
      ->type_name("GIB");
  command.add_flag("--in-process", isolation.in_process,
                   "Run cases in this process, for debuggers: a crash ends it");
}

void apply(const Isolation& isolation, SweepOptions& options) {
  for (const std::string& path : isolation.plugins) add_plugin(path);
  for (const std::string& path : isolation.mutants) add_mutants(path);
  options.origins = isolation.plugins;
  options.limits.seconds = isolation.case_seconds;
  if (isolation.in_process) return;
  WorkerRunnerOptions worker;
  for (const std::string& path : isolation.plugins) {
    worker.command.arguments.insert(worker.command.arguments.end(), {"--subject", path});
  }
  for (const std::string& path : isolation.mutants) {
    worker.command.arguments.insert(worker.command.arguments.end(), {"--mutants", path});
  }
  worker.memory = static_cast<std::size_t>(isolation.worker_gib * 1024 * 1024 * 1024);
  options.make_runner = [worker] { return make_worker_runner(worker); };
}

}  // namespace mlacheck
