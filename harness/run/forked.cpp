#include "harness/run/forked.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstring>
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

std::string read_all(int file) {
  std::string text;
  std::array<char, 4096> part{};
  while (true) {
    const ssize_t count = read(file, part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(part.data(), static_cast<std::size_t>(count));
  }
}

// What a mutant makes the C library or a sanitizer print is nobody's business.
void be_quiet() {
  const int nowhere = open("/dev/null", O_WRONLY);
  if (nowhere < 0) return;
  dup2(nowhere, STDOUT_FILENO);
  dup2(nowhere, STDERR_FILENO);
}

[[noreturn]] void be_child(int file, const std::function<std::string()>& work, double seconds) {
  be_quiet();
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  std::signal(SIGALRM, SIG_DFL);
  alarm(static_cast<unsigned>(std::ceil(seconds)));
  std::string answer;
  try {
    answer = kReturned + work();
  } catch (const std::exception& error) {
    answer = kThrew + std::string(error.what());
  }
  write_all(file, answer);
  // Not exit: the parent's buffers and atexit handlers are not the child's to run.
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
    be_child(ends[1], work, seconds);
  }
  close(ends[1]);
  const std::string answer = read_all(ends[0]);
  close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) return {ForkedAnswer::End::hung, {}};
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || answer.empty()) {
    return {ForkedAnswer::End::crashed, {}};
  }
  return {answer[0] == kReturned ? ForkedAnswer::End::returned : ForkedAnswer::End::threw,
          answer.substr(1)};
}

}  // namespace mlacheck
