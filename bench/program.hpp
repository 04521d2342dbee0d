// What the programs that time variants in turn have in common: their backend and their exit codes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/backends/backend.hpp"

namespace mlacheck::bench {

bool is_cpu(const std::string& backend);

/// The backends of this build, and the names of those that have the op; GPU backends come last.
struct Choice {
  explicit Choice(const std::string& op);

  /// A GPU backend if there is one, else the first.
  std::string by_default() const;

  std::vector<std::unique_ptr<Backend>> backends;
  std::vector<std::string> names;
};

/// What `use` returns for the backend named `wanted`; kExitSkipped, with the reason in the error output, if
/// it cannot run here. Throws std::invalid_argument if there is none of that name.
int with_backend(const std::string& program, const Choice& choice, const std::string& wanted,
                 const std::function<int(Backend&)>& use);

/// What main() returns: an exception of `run` becomes a line of error output and an exit code.
int run_program(const std::string& program, const std::function<int()>& run);

}  // namespace mlacheck::bench
