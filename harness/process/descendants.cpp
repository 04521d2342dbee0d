#include "harness/process/descendants.hpp"

#include <dirent.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "harness/process/proc_file.hpp"
#include "harness/process/process.hpp"

namespace mlacheck {
namespace {

// The field after the name, which is in parentheses and may hold anything, is the state; then comes
// the parent. Zero if the process is gone.
pid_t parent_of(const std::string& process) {
  const std::string text = proc_file(process, "stat");
  const std::size_t end = text.rfind(')');
  if (end == std::string::npos || end + 4 > text.size()) return 0;
  return static_cast<pid_t>(std::strtol(text.c_str() + end + 4, nullptr, 10));
}

bool is_child(pid_t process) {
  siginfo_t info{};
  // Does not reap the child (WNOWAIT).
  return waitid(P_PID, static_cast<id_t>(process), &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

// The process number that the kernel gives out now. Numbers rise, and begin anew after the largest.
pid_t present_number() {
  const pid_t process = fork();
  if (process == 0) _exit(0);
  while (process > 0 && waitpid(process, nullptr, 0) < 0 && errno == EINTR) {
  }
  return process;
}

// Without /proc: asks for each number that has been given out since `first` whether it is a child.
std::vector<pid_t> children_since(pid_t first) {
  constexpr pid_t kLargest = 1 << 22;
  std::vector<pid_t> found;
  if (first <= 0) return found;
  const pid_t last = present_number();
  if (last <= 0) return found;
  const bool anew = last < first;
  for (pid_t process = first; process <= (anew ? kLargest : last); ++process) {
    if (is_child(process)) found.push_back(process);
  }
  for (pid_t process = 1; anew && process <= last; ++process) {
    if (is_child(process)) found.push_back(process);
  }
  return found;
}

// `first` is the oldest that is of interest where there is no /proc.
std::vector<pid_t> children(pid_t first) {
  if (access("/proc/self/stat", R_OK) != 0) return children_since(first);
  std::vector<pid_t> found;
  DIR* const folder = opendir("/proc");
  if (folder == nullptr) return found;
  const pid_t self = getpid();
  while (const dirent* const entry = readdir(folder)) {
    const std::string name = entry->d_name;
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (parent_of(name) == self) found.push_back(static_cast<pid_t>(std::stol(name)));
  }
  closedir(folder);
  return found;
}

struct Known {
  Known() {
    // A shell may have started others and then become this program.
    for (const pid_t process : children(0)) earlier.insert(process);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    // Inherited as ignored, it would keep the system from noting how a child died.
    std::signal(SIGCHLD, SIG_DFL);
  }

  std::mutex mutex;
  std::set<pid_t> earlier;
  std::set<pid_t> started;
  pid_t first = 0;  // of those that were started; 0 for none
};

Known& known() {
  static Known& instance = *new Known;  // NOLINT(cppcoreguidelines-owning-memory): used at exit
  return instance;
}

}  // namespace

pid_t fork_known(const std::function<void()>& child) {
  Known& all = known();
  const std::lock_guard<std::mutex> lock(all.mutex);
  const pid_t process = fork();
  if (process == 0) child();
  if (process > 0) {
    all.started.insert(process);
    if (all.first == 0) all.first = process;
  }
  return process;
}

void forget_known(pid_t process) {
  Known& all = known();
  const std::lock_guard<std::mutex> lock(all.mutex);
  while (waitpid(process, nullptr, 0) < 0 && errno == EINTR) {
  }
  all.started.erase(process);
}

bool is_known(pid_t process) {
  Known& all = known();
  const std::lock_guard<std::mutex> lock(all.mutex);
  return all.earlier.contains(process) || all.started.contains(process);
}

bool is_only_one(pid_t process) {
  Known& all = known();
  const std::lock_guard<std::mutex> lock(all.mutex);
  return all.started.size() == 1 && all.started.contains(process);
}

void end_strays() {
  Known& all = known();
  const std::lock_guard<std::mutex> lock(all.mutex);
  // One that is killed leaves its own children here.
  constexpr int kGenerations = 1000;
  for (int generation = 0; generation < kGenerations; ++generation) {
    bool any = false;
    for (const pid_t process : children(all.first)) {
      if (all.earlier.contains(process) || all.started.contains(process)) continue;
      any = true;
      kill(process, SIGKILL);
      while (waitpid(process, nullptr, 0) < 0 && errno == EINTR) {
      }
    }
    if (!any) return;
  }
}

}  // namespace mlacheck
