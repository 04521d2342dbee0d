// Where control passes to code that is not the harness's, and comes back.
//
// A subject, the functions of its library and whatever runs when the library is loaded may change
// the state of the thread or the process: how arithmetic rounds, which locale numbers are printed
// in, how much memory may be had, even which process this is. A ForeignCode stands round every such
// call, so that the harness's own arithmetic and texts stay what they are.
#pragma once

#include <locale>
#include <string>

#include "harness/environment/float_environment.hpp"

namespace mlacheck {

/// A scope in which foreign code runs. It begins in the standard floating-point environment. At its
/// end the thread has the environment, and the process the C++ locale and as far as possible the
/// resource limits, that it had before.
class ForeignCode {
 public:
  ForeignCode();
  ForeignCode(const ForeignCode&) = delete;
  ForeignCode& operator=(const ForeignCode&) = delete;
  ~ForeignCode();

 private:
  FloatEnvironment before_;
  std::locale locale_;
  long process_ = 0;
};

/// In what environment calls on this thread left it, since this was last asked: a text such as
/// "rounding upward", or empty if all left it as they got it.
std::string take_changed_environment();

/// Which resource limits calls on this thread left changed, since this was last asked: a text such
/// as "RLIMIT_AS", or empty.
std::string take_changed_limits();

/// What only the operating system can tell. `process` names the process that runs; `stray` is
/// called when foreign code comes back in another process than it was called in, a copy made by
/// fork(). `restore_limits` puts the resource limits back and names those that had changed.
struct ProcessWatch {
  long (*process)();
  void (*stray)();
  std::string (*restore_limits)();
};

/// For the whole program. Null: nothing is watched.
void set_process_watch(const ProcessWatch* watch);

}  // namespace mlacheck
