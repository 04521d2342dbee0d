#include "harness/cli/output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>

#include "harness/core/verdict.hpp"

namespace mlacheck {

bool has_standard_output() { return fcntl(STDOUT_FILENO, F_GETFD) != -1; }

int with_output_checked(int exit_code, bool was_open) {
  errno = 0;
  std::cout.flush();
  const bool flushed = std::fflush(stdout) == 0;
  const int error = errno;
  const bool arrived = flushed && std::cout.good() && std::ferror(stdout) == 0 && was_open;
  if (arrived || exit_code == kExitUsage || exit_code == kExitError) return exit_code;
  std::cerr << "mlacheck: standard output: the report could not be written";
  if (!was_open) {
    std::cerr << ", it is closed";
  } else if (error != 0) {
    std::cerr << ": " << std::strerror(error);
  }
  std::cerr << '\n';
  return kExitError;
}

}  // namespace mlacheck
