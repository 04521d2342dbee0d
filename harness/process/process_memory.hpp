// Memory of a process and of what it started.
#pragma once

#include <sys/types.h>

#include <cstddef>

namespace mlacheck {

/// Whether processes can be looked at: there is a /proc.
bool can_see_processes();

/// Resident bytes of a worker, of its descendants and of its process group. Pages that several of
/// them share count once where that decides whether the sum is more than `limit`. What others than
/// the worker itself take may be some 50 ms old. Zero where there is no /proc.
std::size_t resident_bytes_of_all(pid_t worker, std::size_t limit);

}  // namespace mlacheck
