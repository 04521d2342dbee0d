#include "harness/process/process.hpp"

#include <fcntl.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): sigaction is POSIX, not C++
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "harness/process/descendants.hpp"
#include "harness/process/launcher.hpp"

namespace mlacheck {
namespace {

constexpr std::size_t kMostDescriptors = 8;

// What the child needs between fork and exec. It is made before the fork: after it only
// async-signal-safe functions may be called, since other threads may have held locks.
struct Plan {
  pid_t parent = 0;
  std::array<const char*, 2> programs{};
  char* const* arguments = nullptr;
  std::array<int, kMostDescriptors> descriptors{};
  int count = 0;
  int report = -1;  // takes errno if there can be no exec
};

[[noreturn]] void give_up(int report) {
  const int reason = errno;
  static_cast<void>(!write(report, &reason, sizeof reason));
  _exit(127);
}

void set_signals_to_default() {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGXFSZ, SIGCHLD})
    signal(number, SIG_DFL);
}

[[noreturn]] void become(Plan plan) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have died before it could be asked for.
  if (getppid() != plan.parent) _exit(127);
  // A terminal's Ctrl-C is for the parent, which then ends its workers.
  setpgid(0, 0);
  set_signals_to_default();
  // A descriptor may have the number that another one is to get, so all move out of the way first.
  plan.report = fcntl(plan.report, F_DUPFD_CLOEXEC, plan.count);
  for (int i = 0; i < plan.count; ++i) {
    int& descriptor = plan.descriptors[static_cast<std::size_t>(i)];
    descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, plan.count);
    if (descriptor < 0) give_up(plan.report);
  }
  for (int i = 0; i < plan.count; ++i) {
    if (dup2(plan.descriptors[static_cast<std::size_t>(i)], i) < 0) give_up(plan.report);
  }
  int reason = ENOENT;
  for (const char* const program : plan.programs) {
    if (program == nullptr) continue;
    execv(program, plan.arguments);
    if (program == plan.programs.front()) reason = errno;
  }
  errno = reason;
  give_up(plan.report);
}

std::string error_text(int number) { return std::strerror(number); }

// Zero, or why the child could not run the program.
int reason_from(int report) {
  int reason = 0;
  while (true) {
    const ssize_t got = read(report, &reason, sizeof reason);
    if (got < 0 && errno == EINTR) continue;
    return got == static_cast<ssize_t>(sizeof reason) ? reason : 0;
  }
}

StartedProcess fork_and_report(Plan plan, const std::string& program) {
  std::array<int, 2> report{-1, -1};
  if (pipe2(report.data(), O_CLOEXEC) != 0) {
    return {-1, "cannot create a pipe: " + error_text(errno)};
  }
  plan.parent = getpid();
  plan.report = report[1];
  const pid_t process = fork_known([&plan] { become(plan); });
  const int fork_error = errno;
  close(report[1]);
  const int reason = process > 0 ? reason_from(report[0]) : 0;
  close(report[0]);
  if (process < 0) return {-1, "cannot create a process: " + error_text(fork_error)};
  if (reason == 0) return {process, {}};
  end_process(process, 1);
  return {-1, "cannot start " + program + ": " + error_text(reason)};
}

std::string signal_name(int number) {
  // The name that programmers know: strsignal says "Segmentation fault".
  const char* const name = sigabbrev_np(number);
  return name == nullptr ? "signal " + std::to_string(number) : "SIG" + std::string(name);
}

Death death_of(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) {
    return {true, "exited with status " + std::to_string(info.si_status)};
  }
  return {true, "was killed by " + signal_name(info.si_status)};
}

// Does not reap the process (WNOWAIT): the number of its process group stays taken.
bool look(pid_t process, siginfo_t& info, int flags) {
  info = {};
  while (waitid(P_PID, static_cast<id_t>(process), &info, WEXITED | WNOWAIT | flags) != 0) {
    if (errno != EINTR) return true;  // no child of ours any more
  }
  return info.si_pid != 0;
}

}  // namespace

const char* const kThisProgram = "/proc/self/exe";

StartedProcess start_process(std::vector<std::string> words, const std::vector<int>& descriptors) {
  Plan plan;
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  plan.arguments = arguments.data();
  plan.programs[0] = words.front().c_str();
  // Without /proc: the name under which the kernel started this program.
  if (words.front() == kThisProgram) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): that is how the kernel hands a name over
    plan.programs[1] = reinterpret_cast<const char*>(getauxval(AT_EXECFN));
  }
  for (const int descriptor : descriptors) {
    plan.descriptors.at(static_cast<std::size_t>(plan.count++)) = descriptor;
  }
  StartedProcess started;
  launch([&] { started = fork_and_report(plan, words.front()); });
  return started;
}

bool has_ended(pid_t process) {
  siginfo_t info{};
  return look(process, info, WNOHANG);
}

Death end_process(pid_t process, double grace) {
  siginfo_t info{};
  bool ended = look(process, info, WNOHANG);
  for (int i = 0; i < static_cast<int>(grace * 1000) && !ended; ++i) {
    usleep(1000);
    ended = look(process, info, WNOHANG);
  }
  const Death death = ended ? death_of(info) : Death{false, "was ended"};
  // The leader is reaped last. Until then no other process can have its number and be killed by
  // mistake.
  kill(-process, SIGKILL);
  kill(process, SIGKILL);
  look(process, info, 0);
  forget_known(process);
  end_strays();
  return death;
}

}  // namespace mlacheck
