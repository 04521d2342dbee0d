#include "harness/process/own_process.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

#include "harness/environment/float_environment.hpp"
#include "harness/environment/foreign_code.hpp"
#include "harness/process/resource_limits.hpp"
#include "harness/verdict/verdict.hpp"

namespace mlacheck {
namespace {

long own_process() { return getpid(); }

[[noreturn]] void leave_as_stray() {
  constexpr std::string_view kText =
      "mlacheck: a child process that a subject forked came back into the harness, and ends\n";
  static_cast<void>(!write(STDERR_FILENO, kText.data(), kText.size()));
  _exit(kExitError);
}

bool exit_is_guarded = false;

void at_exit() {
  if (!exit_is_guarded) return;
  constexpr std::string_view kText = "mlacheck: a subject ended the program; there is no report\n";
  static_cast<void>(!write(STDERR_FILENO, kText.data(), kText.size()));
  _exit(kExitError);
}

// Raised where a pipe has no reader, and where a file may not grow further.
constexpr std::array<int, 2> kOutputSignals{SIGPIPE, SIGXFSZ};

std::string restore_limits() { return restore_resource_limits().names; }

constexpr ProcessWatch kWatch{&own_process, &leave_as_stray, &restore_limits};

}  // namespace

void prepare_process() {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) continue;
    // open() returns the lowest free number, which is this one.
    static_cast<void>(open("/dev/null", descriptor == STDIN_FILENO ? O_RDONLY : O_WRONLY));
  }
  for (const int signal : kOutputSignals) std::signal(signal, SIG_IGN);
  set_float_environment(standard_float_environment());
  static_cast<void>(restore_resource_limits());
  set_process_watch(&kWatch);
}

void restore_signals() {
  for (const int signal : kOutputSignals) std::signal(signal, SIG_DFL);
}

void guard_exit(bool on) {
  static const int kRegistered = std::atexit(&at_exit);
  exit_is_guarded = on && kRegistered == 0;
}

}  // namespace mlacheck
