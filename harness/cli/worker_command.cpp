#include "harness/cli/commands.hpp"

namespace mlacheck {

int worker_command(int socket, int post_mortem, const WorkerLibraries& libraries) {
  return serve(socket, post_mortem, libraries);
}

int describe_command(int socket, int post_mortem, const WorkerLibraries& libraries) {
  return describe(socket, post_mortem, libraries);
}

}  // namespace mlacheck
