// mlacheck mutants --source: what a user's own checks see of edits of his own source.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mlacheck {

struct OwnSource {
  std::string source;   ///< a folder; empty: it is not asked for
  std::string subject;  ///< the library that `build` makes of it
  std::string build;    ///< a command of the shell
  std::int64_t count = 40;
  double build_seconds = 600;
};

/// --source, --subject, --build and the options that go with them alone. Excludes those in `others`.
void add_own_source(CLI::App& command, const std::shared_ptr<OwnSource>& given,
                    const std::vector<CLI::Option*>& others);

/// Becomes the script that edits, builds and sweeps (ci/mutation/own_source.py), whose exit codes are
/// those of the command. `more` are options of the command that it takes as well. Does not return:
/// throws std::runtime_error where there is no such script, or no Python.
[[noreturn]] void run_own_source(const OwnSource& given, const std::vector<std::string>& more);

}  // namespace mlacheck
