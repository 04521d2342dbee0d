#include "harness/worker/worker.hpp"

#include <fcntl.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): sigaction is POSIX, not C++
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace mlacheck {
namespace {

// The name that programmers know: strsignal says "Segmentation fault".
std::string signal_name(int signal) {
  const char* const name = sigabbrev_np(signal);
  return name == nullptr ? "signal " + std::to_string(signal) : "SIG" + std::string(name);
}

// Between fork and exec only async-signal-safe functions may be called: other threads may have held
// locks.
[[noreturn]] void become(char* const* arguments, int output) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  // A terminal's Ctrl-C is for the parent, which then ends its workers.
  setpgid(0, 0);
  execv(arguments[0], arguments);
  _exit(127);
}

}  // namespace

Worker::Worker(const WorkerCommand& command) {
  std::array<int, 2> pair{-1, -1};
  // Close-on-exec for everything, so that no worker holds another one's channel open.
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) return;
  output_ = memfd_create("mlacheck-output", MFD_CLOEXEC);
  page_ = make_post_mortem_page();
  socket_ = pair[0];
  if (output_ < 0 || page_.page == nullptr) {
    close(pair[1]);
    return;
  }
  std::vector<std::string> words{command.program};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  for (const auto& [option, value] :
       {std::pair{"--socket", pair[1]}, std::pair{"--post-mortem", page_.descriptor}}) {
    words.emplace_back(option);
    words.push_back(std::to_string(value));
  }
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  process_ = fork();
  if (process_ == 0) {
    fcntl(pair[1], F_SETFD, 0);
    become(arguments.data(), output_);
  }
  close(pair[1]);
}

Worker::~Worker() {
  if (process_ > 0) bury(true);
  if (socket_ >= 0) close(socket_);
  if (output_ >= 0) close(output_);
  release(page_);
}

Received Worker::ask(const std::string& request, double seconds, std::string& answer) {
  if (failed() || !send_message(socket_, request)) return Received::closed;
  return receive_message(socket_, seconds, answer);
}

std::string Worker::bury(bool hangs) {
  if (process_ < 0) return "never started";
  // Whoever is still alive here hangs, or is no longer needed. A dead one keeps its own status.
  int status = 0;
  pid_t ended = waitpid(process_, &status, WNOHANG);
  if (ended == 0 && !hangs) {
    // A worker that closed its channel is about to end: give it the time to say how.
    for (int i = 0; i < 500 && ended == 0; ++i) {
      usleep(1000);
      ended = waitpid(process_, &status, WNOHANG);
    }
  }
  if (ended == 0) {
    kill(process_, SIGKILL);
    while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
  }
  process_ = -1;
  if (WIFSIGNALED(status)) return "killed by " + signal_name(WTERMSIG(status));
  return "exited with status " + std::to_string(WEXITSTATUS(status));
}

void Worker::forget_post_mortem() {
  page_.page->check[0] = '\0';
  page_.page->fault[0] = '\0';
}

std::string Worker::output_tail(int lines) const {
  constexpr off_t kMost = 1 << 16;
  const off_t size = lseek(output_, 0, SEEK_END);
  if (size <= 0) return {};
  const off_t from = std::max<off_t>(0, size - kMost);
  std::string text(static_cast<std::size_t>(size - from), '\0');
  const ssize_t got = pread(output_, text.data(), text.size(), from);
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::size_t start = text.size();
  for (int line = 0; line < lines && start != std::string::npos && start > 0; ++line) {
    start = text.rfind('\n', start - 1);
  }
  return start == std::string::npos ? text : text.substr(start == 0 ? 0 : start + 1);
}

std::size_t Worker::resident_bytes() const {
  std::ifstream file("/proc/" + std::to_string(process_) + "/statm");
  std::size_t whole = 0;
  std::size_t resident = 0;
  file >> whole >> resident;
  return file ? resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace mlacheck
