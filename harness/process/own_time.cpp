#include "harness/process/own_time.hpp"

#include <ctime>
#include <sstream>
#include <string>

#include "harness/process/proc_file.hpp"

namespace mlacheck {
namespace {

std::uint64_t monotonic_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U +
         static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

std::uint64_t own_time(pid_t process) {
  const std::string name = process == 0 ? "self" : std::to_string(process);
  // Nanoseconds on a processor, nanoseconds in wait for one, and how often.
  std::istringstream fields(proc_file(name, "schedstat"));
  std::uint64_t ran = 0;
  std::uint64_t waited = 0;
  const std::uint64_t now = monotonic_now();
  return fields >> ran >> waited && waited < now ? now - waited : now;
}

}  // namespace mlacheck
