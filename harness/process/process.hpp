// Processes that run foreign code: how they start, and how all that they started is ended.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace mlacheck {

/// "/proc/self/exe", which stands for the program that runs.
extern const char* const kThisProgram;

struct StartedProcess {
  pid_t process = -1;
  std::string error;  ///< why there is none
};

/// Starts `words[0]` with the rest as its arguments, in a process group of its own. descriptors[i]
/// becomes its descriptor i; it gets no others. It dies with this program, not with the thread that
/// asked for it: all are started by one thread that ends with the program. kThisProgram is found by
/// the name that it was started with, too.
StartedProcess start_process(std::vector<std::string> words, const std::vector<int>& descriptors);

/// Whether it has ended by itself. Only end_process() reaps it.
bool has_ended(pid_t process);

struct Death {
  bool by_itself = false;  ///< else it was still alive and has been killed
  std::string text;        ///< "was killed by SIGSEGV", "exited with status 0"
};

/// Waits up to `grace` seconds for it to end by itself, then kills it. All that is left of its
/// process group is killed, and so is what left the group and lost its parents.
Death end_process(pid_t process, double grace);

/// Kills every orphan that has become a child of this program, unless it was started by
/// start_process(). Processes that were there before the first one was started stay.
void end_strays();

}  // namespace mlacheck
