// The commands of the mlacheck program, one file each.
#pragma once

#include <CLI/CLI.hpp>

namespace mlacheck {

/// Each of these adds one command: its options, its help, and what it does once the options have
/// been read, which leaves an exit code of harness/verdict/verdict.hpp in `status`.
void list_command(CLI::App& app, int& status);
void sweep_command(CLI::App& app, int& status);
void replay_command(CLI::App& app, int& status);
void cost_command(CLI::App& app, int& status);
void mutants_command(CLI::App& app, int& status);
void study_command(CLI::App& app, int& status);
void launch_command(CLI::App& app, int& status);
/// Hidden: the other side of isolation.
void worker_command(CLI::App& app, int& status);
void describe_command(CLI::App& app, int& status);

}  // namespace mlacheck
