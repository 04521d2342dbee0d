// The worker's side: takes cases from the parent and answers with results.
#pragma once

#include <string>
#include <vector>

namespace mlacheck {

/// Serves until the parent closes the socket. Returns an exit code.
int serve(int socket, int post_mortem);

}  // namespace mlacheck
