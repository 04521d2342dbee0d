// The worker's side: takes cases from the parent and answers with results.
#pragma once

#include <string>
#include <vector>

namespace mlacheck {

/// Libraries whose subjects a worker offers.
struct WorkerLibraries {
  std::vector<std::string> plugins;
  std::vector<std::string> mutants;
  std::vector<std::string> pieces;  ///< OP=SUBJECT
};

/// Loads the libraries, and serves until the parent closes the socket. Returns an exit code. Throws
/// what loading throws.
int serve(int socket, int post_mortem, const WorkerLibraries& libraries);

/// Loads the libraries, tells the parent what they say of themselves, and waits to be ended.
int describe(int socket, int post_mortem, const WorkerLibraries& libraries);

}  // namespace mlacheck
