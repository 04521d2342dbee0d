// The commands as the command line knows them: each with its options, and with what to call once
// they have been read.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>

#include "harness/sweep/sweep.hpp"

namespace mlacheck {

inline constexpr std::int64_t kMostCases = 1'000'000'000'000;
inline constexpr double kYear = 31'536'000;
inline constexpr double kDay = 86'400;
inline constexpr double kMostGib = 1'048'576;
inline constexpr double kShortest = 0.01;  // below that a process has not even started

/// `run` is called after the options have been read, and returns an exit code.
struct Command {
  CLI::App* options;
  std::function<int()> run;
};

Command list_of(CLI::App& app);
Command sweep_of(CLI::App& app);
Command replay_of(CLI::App& app);
Command cost_of(CLI::App& app);
Command mutants_of(CLI::App& app);
Command launch_of(CLI::App& app);
/// Hidden: the other side of isolation.
Command worker_of(CLI::App& app);
Command describe_of(CLI::App& app);

/// --backend, --variant and --without.
void add_selection(CLI::App& command, Selection& selection);

std::uint64_t fresh_seed();
unsigned default_jobs();

}  // namespace mlacheck
