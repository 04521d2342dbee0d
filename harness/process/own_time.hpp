// The time of a process, without what other processes took from it.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace mlacheck {

/// Nanoseconds of the monotonic clock, less those in which the first thread of `process` (0: this one)
/// was ready to run and had no processor. It goes on while the thread sleeps. Both sides of a channel
/// read the same number. Where the kernel does not count that time, or the process is gone: the monotonic
/// clock.
std::uint64_t own_time(pid_t process = 0);

}  // namespace mlacheck
