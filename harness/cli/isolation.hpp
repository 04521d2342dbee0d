// Where cases run, and whose subjects: options of several commands.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "harness/run/sweep.hpp"

namespace mlacheck {

struct Isolation {
  std::vector<std::string> plugins;
  std::vector<std::string> mutants;
  double case_seconds = 60;
  double worker_gib = 4;
  bool in_process = false;
};

void add_isolation(CLI::App& command, Isolation& isolation);

/// Loads the plug-ins and decides who runs the cases.
void apply(const Isolation& isolation, SweepOptions& options);

}  // namespace mlacheck
