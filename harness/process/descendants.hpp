// Which children of this program it started itself, and which came to it because their parents
// died.
#pragma once

#include <sys/types.h>

#include <functional>

namespace mlacheck {

/// fork(), with the child entered among those that end_strays() spares. `child` must not return.
/// From the first one on, orphans of the children become children of this program.
pid_t fork_known(const std::function<void()>& child);

/// Reaps the child, which must have ended, and removes it from the list.
void forget_known(pid_t process);

/// Whether it was started by fork_known(), or was there before the first one was.
bool is_known(pid_t process);

/// Whether no other process started by fork_known() is there.
bool is_only_one(pid_t process);

}  // namespace mlacheck
