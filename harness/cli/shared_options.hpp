// What several commands declare in the same way; the options of isolation.hpp are another group.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "harness/arguments/arguments.hpp"
#include "harness/sweep/row.hpp"

namespace mlacheck {

inline constexpr std::int64_t kMostCases = 1'000'000'000'000;
inline constexpr double kYear = 31'536'000;
inline constexpr double kDay = 86'400;
inline constexpr double kShortest = 0.01;  // below that a process has not even started

/// What the exit codes of a command mean, where commands differ.
struct ExitCodes {
  std::string passed;               ///< 0
  std::string failed{};             ///< 1; empty: there is none
  std::string usage = "bad usage";  ///< 2
  bool skips = true;                ///< whether there is a 77
  bool interruptible = true;        ///< whether the report of an interrupted run says so
};

/// What stands under the options of a help: the examples, and the exit codes.
std::string help_footer(const std::string& examples, const ExitCodes& codes);

/// A command with its line in the program's help, and with what stands under its options.
CLI::App& add_command(CLI::App& app, const std::string& name, const std::string& description,
                      const std::string& help);

/// --backend, --variant, --without and --where.
void add_selection(CLI::App& command, Selection& selection);

/// --seed of the drawn cases, which is a fresh one if it is not given.
CLI::Option* add_fresh_seed(CLI::App& command, std::uint64_t& seed);

/// --cases-file, for cases_file_argument(). `role` begins its description.
CLI::Option* add_cases_file(CLI::App& command, std::string& path, const std::string& role);

/// --jobs, by default one for each core.
CLI::Option* add_jobs(CLI::App& command, unsigned& jobs, const std::string& description);

}  // namespace mlacheck
