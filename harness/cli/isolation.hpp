// Where cases run, and whose subjects: options of several commands.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "harness/sweep/sweep.hpp"
#include "harness/worker/worker_runner.hpp"

namespace mlacheck {

struct Isolation {
  std::vector<std::string> plugins;
  std::vector<std::string> mutants;
  std::vector<std::string> pieces;  ///< OP=SUBJECT
  double case_seconds = 60;
  double load_seconds = 20;
  double first_call_seconds = 60;
  double worker_gib = 4;
  std::string python;    ///< interpreter of Python subjects; empty: the usual one
  std::string manifest;  ///< of the code object among `plugins`; empty: the file beside it
  bool in_process = false;
};

void add_isolation(CLI::App& command, Isolation& isolation);

/// --load-seconds and --python: for commands that load libraries.
void add_loading(CLI::App& command, Isolation& isolation);

/// How a worker that knows these libraries is started.
WorkerRunnerOptions worker_options(const Isolation& isolation);

/// Enters the subjects of the libraries. Each is asked in a process of its own; only --in-process
/// then loads it here. Throws std::invalid_argument with one line that names the library.
void enter_libraries(const Isolation& isolation);

/// enter_libraries(), and decides who runs the cases.
void apply(const Isolation& isolation, SweepOptions& options);

}  // namespace mlacheck
