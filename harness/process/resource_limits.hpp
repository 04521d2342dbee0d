// The resource limits of this process (setrlimit), which foreign code may change for all that comes
// after it.
#pragma once

#include <string>

namespace mlacheck {

struct ChangedLimits {
  std::string names;     ///< "RLIMIT_AS, RLIMIT_NOFILE"; empty if all are as they were
  bool restored = true;  ///< false: a hard limit was lowered, and stays so
};

/// How the limits differ from what they were when this was called last; the first call only looks.
/// Afterwards they are what they were, as far as this process may set them. Allocates
/// nothing before that.
ChangedLimits restore_resource_limits();

}  // namespace mlacheck
