// Subjects that go for the processes, the channel, the memory and the output of the harness. Their
// results are right unless a name says otherwise. tests/hostile/process_test.py runs them.
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/hostile/merge.hpp"

namespace {

using hostile::merge;

// Wrong where there are 7 heads.
mlacheck_status wrong_at_seven(const mlacheck_call* call, mlacheck_context* context) {
  const mlacheck_status status = merge(call, context);
  const DLTensor* const out = hostile::find(call, "out");
  if (out->shape[1] == 7 && out->data != nullptr && out->shape[0] * out->shape[2] > 0) {
    *static_cast<float*>(out->data) += 1;
  }
  return status;
}

bool first_call() {
  static bool called = false;
  const bool first = !called;
  called = true;
  return first;
}

// The child of one call returns, too.
mlacheck_status fork_returns(void*, const mlacheck_call* call, mlacheck_context* context) {
  const mlacheck_status status = wrong_at_seven(call, context);
  if (first_call()) static_cast<void>(!fork());
  return status;
}

mlacheck_status fork_returns_late(void*, const mlacheck_call* call, mlacheck_context* context) {
  const mlacheck_status status = merge(call, context);
  if (first_call() && fork() == 0) usleep(999999);  // longer than the whole first case takes
  if (hostile::find(call, "out")->shape[1] == 7) usleep(50000);
  return status;
}

// The shell stays, since something comes after, and with it the mark among its arguments.
[[noreturn]] void sleep_as(const char* mark) {
  execl("/bin/sh", "sh", "-c", "sleep 300; :", mark, static_cast<char*>(nullptr));
  _exit(1);
}

mlacheck_status leaves_child(void*, const mlacheck_call* call, mlacheck_context* context) {
  if (first_call() && fork() == 0) sleep_as("leaves_child");
  return merge(call, context);
}

mlacheck_status leaves_daemon(void*, const mlacheck_call* call, mlacheck_context* context) {
  if (first_call() && fork() == 0) {
    setsid();
    if (fork() == 0) sleep_as("leaves_daemon");
    _exit(0);
  }
  return merge(call, context);
}

mlacheck_status leaves_session_and_dies(void*, const mlacheck_call*, mlacheck_context*) {
  if (fork() == 0) {
    setsid();
    sleep_as("leaves_session_and_dies");
  }
  std::abort();
}

mlacheck_status hogs_and_sleeps(void*, const mlacheck_call*, mlacheck_context*) {
  constexpr std::size_t kBytes = std::size_t{600} << 20;
  static char* volatile kept = static_cast<char*>(std::malloc(kBytes));
  std::memset(kept, 1, kBytes);
  while (true) pause();
}

// Right, while a child of a child takes the memory. `leaves` the group: what it fills is an
// orphan's.
mlacheck_status fill_in_a_child(const mlacheck_call* call, mlacheck_context* context, bool leaves) {
  constexpr std::size_t kBytes = std::size_t{1500} << 20;
  if (fork() == 0) {
    if (leaves) {
      setsid();
      if (fork() != 0) _exit(0);
    }
    char* volatile const kept = static_cast<char*>(std::malloc(kBytes));
    for (std::size_t part = 0; part < kBytes; part += kBytes / 100) {
      std::memset(kept + part, 1, kBytes / 100);
      usleep(5000);
    }
    while (true) pause();
  }
  usleep(3000000);
  return merge(call, context);
}

mlacheck_status child_hogs(void*, const mlacheck_call* call, mlacheck_context* context) {
  return fill_in_a_child(call, context, false);
}

mlacheck_status orphan_hogs(void*, const mlacheck_call* call, mlacheck_context* context) {
  return fill_in_a_child(call, context, true);
}

// What a fork shares is there once.
mlacheck_status shares_much(void*, const mlacheck_call* call, mlacheck_context* context) {
  constexpr std::size_t kBytes = std::size_t{100} << 20;
  static char* const kept = static_cast<char*>(std::calloc(kBytes, 1));
  static const bool forked = [] {
    std::memset(kept, 1, kBytes);
    for (int i = 0; i < 4; ++i) {
      if (fork() == 0) {
        while (true) pause();
      }
    }
    usleep(300000);
    return true;
  }();
  return forked ? merge(call, context) : MLACHECK_OUT_OF_MEMORY;
}

// A little more at every call, so that no case alone takes much.
mlacheck_status collects(void*, const mlacheck_call* call, mlacheck_context* context) {
  static int calls = 0;
  if (++calls % 30 == 0) {
    constexpr std::size_t kBytes = std::size_t{12} << 20;
    static char* volatile kept = nullptr;
    kept = static_cast<char*>(std::malloc(kBytes));
    std::memset(kept, 1, kBytes);
  }
  return merge(call, context);
}

mlacheck_status prints_much(void*, const mlacheck_call* call, mlacheck_context* context) {
  if (first_call()) {
    const std::string part(std::size_t{1} << 20, 'x');
    for (int i = 0; i < 512; ++i) {
      if (write(STDOUT_FILENO, part.data(), part.size()) < 0) break;
    }
  }
  return merge(call, context);
}

mlacheck_status prints_for_ever(void*, const mlacheck_call*, mlacheck_context*) {
  const std::string part(std::size_t{1} << 16, 'y');
  while (true) static_cast<void>(!write(STDOUT_FILENO, part.data(), part.size()));
}

// The first case prints, a later one dies.
mlacheck_status talks_then_dies(void*, const mlacheck_call* call, mlacheck_context* context) {
  const DLTensor* const out = hostile::find(call, "out");
  // The whole shape of that case: derived runs of the other one may have seven heads, too.
  if (out->shape[0] == 2 && out->shape[1] == 7 && out->shape[2] == 2) {
    std::puts("words of the last case");
    std::fflush(stdout);
    std::abort();
  }
  std::puts("words of an earlier case");
  std::fflush(stdout);
  return merge(call, context);
}

mlacheck_status prints_bytes_and_dies(void*, const mlacheck_call*, mlacheck_context*) {
  std::puts("\xff\xfe caf\xe9 \x1b[31mred\x07");
  std::fflush(stdout);
  std::abort();
}

// What a passed case looks like, or what comes after four bytes of a length: to every descriptor.
void send_everywhere(const std::string& message) {
  for (int i = 3; i < 32; ++i) send(i, message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

std::string forged() {
  const std::string body =
      R"({"verdict":1,"executed":true,"receipt":true,"compared":9,"skip_reason":"",)"
      R"("harness_error":"","crash":"","timeout":"","findings":[],"checks":[],)"
      R"("worst_ratio":0,"ratios":[0],"rule":""})";
  const auto length = static_cast<std::uint32_t>(body.size());
  const std::uint64_t number = 0;
  std::string message(12, '\0');
  std::memcpy(message.data(), &length, sizeof length);
  std::memcpy(message.data() + 4, &number, sizeof number);
  return message + body;
}

mlacheck_status forges(void*, const mlacheck_call*, mlacheck_context*) {
  send_everywhere(forged());
  while (true) pause();
}

mlacheck_status forges_and_goes_on(void*, const mlacheck_call* call, mlacheck_context* context) {
  send_everywhere(forged());
  return wrong_at_seven(call, context);
}

mlacheck_status sends_junk(void*, const mlacheck_call* call, mlacheck_context* context) {
  send_everywhere(std::string(64, 'A'));
  return merge(call, context);
}

mlacheck_status closes_all(void*, const mlacheck_call* call, mlacheck_context* context) {
  for (int i = 0; i < 256; ++i) close(i);
  return merge(call, context);
}

// Its child holds the channel's number open, if the channel is inherited.
mlacheck_status dies_with_child(void*, const mlacheck_call*, mlacheck_context*) {
  if (fork() == 0) {
    setsid();
    while (true) pause();
  }
  _exit(5);
}

mlacheck_status exits(void*, const mlacheck_call*, mlacheck_context*) { std::exit(0); }

mlacheck_status leaks(void*, const mlacheck_call* call, mlacheck_context* context) {
  void* volatile const kept = std::malloc(1000);
  return kept == nullptr ? MLACHECK_OUT_OF_MEMORY : merge(call, context);
}

// Only the signals that are not ignored end it.
mlacheck_status breaks_a_pipe(void*, const mlacheck_call* call, mlacheck_context* context) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) std::abort();
  close(ends[0]);
  static_cast<void>(!write(ends[1], "x", 1));
  close(ends[1]);
  return merge(call, context);
}

mlacheck_status writes_too_far(void*, const mlacheck_call* call, mlacheck_context* context) {
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = 0;
  setrlimit(RLIMIT_FSIZE, &limit);
  const int file = memfd_create("too far", MFD_CLOEXEC);
  static_cast<void>(!write(file, "x", 1));
  close(file);
  limit.rlim_cur = before;
  setrlimit(RLIMIT_FSIZE, &limit);
  return merge(call, context);
}

// Leaves a limit lower than it was, the hard one, too, if asked to.
void lower(__rlimit_resource_t kind, rlim_t value, bool hard = false) {
  rlimit limit{};
  getrlimit(kind, &limit);
  limit.rlim_cur = value;
  if (hard) limit.rlim_max = value;
  setrlimit(kind, &limit);
}

template <__rlimit_resource_t Kind, rlim_t Value, bool Hard = false, bool First = false>
mlacheck_status lowers(void*, const mlacheck_call* call, mlacheck_context* context) {
  if (First) lower(Kind, Value, Hard);
  const mlacheck_status status = merge(call, context);
  if (!First) lower(Kind, Value, Hard);
  return status;
}

constexpr rlim_t kSmall = rlim_t{64} << 20;

// Right, and without the privilege that raises a hard limit.
mlacheck_status lowers_for_good(void*, const mlacheck_call* call, mlacheck_context* context) {
  if (call->operand_count > 0 && hostile::find(call, "out")->shape[1] != 7)
    return merge(call, context);
  static_cast<void>(!setresuid(65534, 65534, 65534));
  lower(RLIMIT_NOFILE, 0, true);
  lower(RLIMIT_AS, kSmall, true);
  return merge(call, context);
}

}  // namespace

extern "C" const mlacheck_plugin* mlacheck_subjects() {
  static mlacheck_subject subjects[] = {
      hostile::subject("fork_returns", &fork_returns),
      hostile::subject("fork_returns_late", &fork_returns_late),
      hostile::subject("leaves_child", &leaves_child),
      hostile::subject("leaves_daemon", &leaves_daemon),
      hostile::subject("leaves_session_and_dies", &leaves_session_and_dies),
      hostile::subject("hogs_and_sleeps", &hogs_and_sleeps),
      hostile::subject("child_hogs", &child_hogs),
      hostile::subject("orphan_hogs", &orphan_hogs),
      hostile::subject("shares_much", &shares_much),
      hostile::subject("collects", &collects),
      hostile::subject("prints_much", &prints_much),
      hostile::subject("prints_for_ever", &prints_for_ever),
      hostile::subject("talks_then_dies", &talks_then_dies),
      hostile::subject("prints_bytes_and_dies", &prints_bytes_and_dies),
      hostile::subject("forges", &forges),
      hostile::subject("forges_and_goes_on", &forges_and_goes_on),
      hostile::subject("sends_junk", &sends_junk),
      hostile::subject("closes_all", &closes_all),
      hostile::subject("dies_with_child", &dies_with_child),
      hostile::subject("exits", &exits),
      hostile::subject("leaks", &leaks),
      hostile::subject("lowers_as", &lowers<RLIMIT_AS, kSmall>),
      hostile::subject("lowers_as_first", &lowers<RLIMIT_AS, kSmall, false, true>),
      hostile::subject("lowers_data", &lowers<RLIMIT_DATA, 0>),
      hostile::subject("lowers_nofile", &lowers<RLIMIT_NOFILE, 0>),
      hostile::subject("lowers_stack", &lowers<RLIMIT_STACK, 4096>),
      hostile::subject("lowers_fsize", &lowers<RLIMIT_FSIZE, 0>),
      hostile::subject("lowers_hard_as", &lowers<RLIMIT_AS, kSmall, true>),
      hostile::subject("lowers_for_good", &lowers_for_good),
      hostile::subject("breaks_a_pipe", &breaks_a_pipe),
      hostile::subject("writes_too_far", &writes_too_far),
  };
  return hostile::plugin_of(subjects);
}
