#include "harness/process/forked.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is POSIX, not C++
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <stdexcept>

namespace mlacheck {
namespace {

// The first byte of what the child writes.
constexpr char kReturned = 'R';
constexpr char kThrew = 'T';

void write_all(int file, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = write(file, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) _exit(1);
    done += static_cast<std::size_t>(count);
  }
}

using Clock = std::chrono::steady_clock;

// What the child writes until it closes its end, or everything that it leaves behind does. Nothing
// if that takes too long.
std::optional<std::string> read_all(int file, Clock::time_point end) {
  std::string text;
  std::array<char, 4096> part{};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) return std::nullopt;
    pollfd waiting{file, POLLIN, 0};
    const int ready = poll(&waiting, 1, static_cast<int>(std::min<long long>(left, 60000)));
    if (ready <= 0) continue;
    const ssize_t count = read(file, part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(part.data(), static_cast<std::size_t>(count));
  }
}

// Does not reap the child (WNOWAIT), so that the number of its process group stays taken.
bool ends_before(pid_t child, siginfo_t& info, Clock::time_point end) {
  do {
    info = {};
    waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT);
    if (info.si_pid != 0) return true;
    usleep(500);
  } while (Clock::now() < end);
  return false;
}

// Hides what the C library or a sanitizer prints about a mutant that crashes.
void be_quiet() {
  const int nowhere = open("/dev/null", O_WRONLY);
  if (nowhere < 0) return;
  dup2(nowhere, STDOUT_FILENO);
  dup2(nowhere, STDERR_FILENO);
}

[[noreturn]] void be_child(int file, const std::function<std::string()>& work) {
  setpgid(0, 0);
  be_quiet();
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  std::string answer;
  try {
    answer = kReturned + work();
  } catch (const std::exception& error) {
    answer = kThrew + std::string(error.what());
  }
  write_all(file, answer);
  // Not exit(), which would flush the parent's buffers and run its atexit handlers here.
  _exit(0);
}

}  // namespace

ForkedAnswer run_forked(const std::function<std::string()>& work, double seconds) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error(std::string("no pipe to a child process: ") + std::strerror(errno));
  }
  const pid_t child = fork();
  if (child < 0) {
    const std::string reason = std::strerror(errno);
    close(ends[0]);
    close(ends[1]);
    throw std::runtime_error("no child process: " + reason);
  }
  if (child == 0) {
    close(ends[0]);
    be_child(ends[1], work);
  }
  setpgid(child, child);  // in both processes, as either may run first
  close(ends[1]);
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>(std::clamp(seconds, 0.0, 1e6)));
  const std::optional<std::string> answer = read_all(ends[0], end);
  close(ends[0]);
  siginfo_t info{};
  const bool ended = answer && ends_before(child, info, end);
  // What the child started goes with it.
  kill(child, SIGKILL);
  kill(-child, SIGKILL);
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (!ended) return {ForkedAnswer::End::hung, {}};
  if (info.si_code != CLD_EXITED || info.si_status != 0 || answer->empty()) {
    return {ForkedAnswer::End::crashed, {}};
  }
  return {answer->front() == kReturned ? ForkedAnswer::End::returned : ForkedAnswer::End::threw,
          answer->substr(1)};
}

}  // namespace mlacheck
