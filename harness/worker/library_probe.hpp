// Asks a library what it offers, in a process that may die of it.
#pragma once

#include <string>
#include <vector>

#include "harness/subjects/subjects.hpp"
#include "harness/worker/worker_client.hpp"

namespace mlacheck {

struct ProbeOptions {
  double seconds = 20;                        ///< for loading and describing (--load-seconds)
  std::size_t memory = std::size_t{4} << 30;  ///< resident bytes (--worker-gib)
  std::string program = kThisProgram;
  std::vector<std::string> arguments{};  ///< before those that say what to describe
};

/// The tables of a plug-in, checked as load_plugin() does, with what `unavailable` returned and
/// without functions. No code of the library runs in this process. Throws std::invalid_argument
/// with one line that names the path and what is wrong or what happened, std::runtime_error if no
/// process could be started.
std::vector<SubjectTable> probe_plugin(const std::string& path, const ProbeOptions& options);

/// The same for the mutants of a library.
MutantLibrary probe_mutants(const std::string& path, const ProbeOptions& options);

}  // namespace mlacheck
