#include "harness/cli/output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>

#include "harness/environment/interrupt.hpp"
#include "harness/verdict/verdict.hpp"

namespace mlacheck {

namespace {

// errno of the failed write is lost by now. One more character makes the system report the error
// again.
int error_of_output() { return write(STDOUT_FILENO, "\n", 1) < 0 ? errno : 0; }

}  // namespace

bool has_standard_output() { return fcntl(STDOUT_FILENO, F_GETFD) != -1; }

int with_output_checked(int exit_code, bool was_open) {
  errno = 0;
  std::cout.flush();
  const bool flushed = std::fflush(stdout) == 0;
  int error = errno;
  const bool arrived = flushed && std::cout.good() && std::ferror(stdout) == 0 && was_open;
  if (arrived || exit_code == kExitUsage) return exit_code;
  // The command has reported its error on standard error, and had no report to write.
  if (exit_code == kExitError && !was_open) return exit_code;
  if (was_open && error == 0) error = error_of_output();
  std::cerr << "mlacheck: standard output: the report could not be written";
  if (!was_open) {
    std::cerr << ", it is closed";
  } else if (error != 0) {
    std::cerr << ": " << std::strerror(error);
  }
  std::cerr << '\n';
  return kExitError;
}

int end_report(int exit_code) {
  if (interrupted_by() == 0) return exit_code;
  std::cout << "interrupted: this is what was there\n";
  return kExitSignal + interrupted_by();
}

}  // namespace mlacheck
