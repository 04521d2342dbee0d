// A wish to stop, from a signal.
#pragma once

namespace mlacheck {

/// From now on the first SIGINT, SIGTERM or SIGHUP only notes the wish; the second one ends the
/// process at once. Workers never call it.
void stop_on_signals();

/// The signal that came, or 0.
int interrupted_by();

}  // namespace mlacheck
