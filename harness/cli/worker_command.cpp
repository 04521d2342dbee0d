#include "harness/cli/commands.hpp"
#include "harness/worker/serve.hpp"

namespace mlacheck {

int worker_command(int socket, int post_mortem) { return serve(socket, post_mortem); }

}  // namespace mlacheck
