// The state that this process must be in before it does anything.
#pragma once

namespace mlacheck {

/// First thing in main: descriptors 0 to 2 are open, so that no file of ours gets their numbers;
/// arithmetic is in the standard environment; a copy of this process that a subject forks does not
/// go on as if it were this one; output that nobody takes is an error of write(), not a signal that
/// ends this process before it has said why.
void prepare_process();

/// Before foreign code runs in a worker: it finds the signals as programs find them.
void restore_signals();

/// While it is on, exit() does not end this process with the status that it was called with:
/// somebody else's code called it. It says so, and the status is that of an error.
void guard_exit(bool on);

}  // namespace mlacheck
