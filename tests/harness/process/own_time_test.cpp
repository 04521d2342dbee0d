#include "harness/process/own_time.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <vector>

namespace mlacheck {
namespace {

double seconds(std::uint64_t from, std::uint64_t to) {
  return to < from ? 0 : static_cast<double>(to - from) * 1e-9;
}

// A process that never rests, on the first processor that this one may use.
pid_t start_spinning(int nice) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  EXPECT_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++i) {
    if (CPU_ISSET(i, &allowed)) CPU_SET(i, &one);
  }
  const pid_t child = fork();
  if (child != 0) return child;
  alarm(60);
  static_cast<void>(sched_setaffinity(0, sizeof one, &one));
  static_cast<void>(setpriority(PRIO_PROCESS, 0, nice));
  volatile std::uint64_t turns = 0;
  while (true) turns = turns + 1;
}

TEST(OwnTime, GoesOnWhileAProcessSleeps) {
  const std::uint64_t begin = own_time();
  usleep(300'000);
  EXPECT_GE(seconds(begin, own_time()), 0.25);
}

TEST(OwnTime, LeavesOutTheTimeThatOthersTake) {
  const pid_t starved = start_spinning(15);
  const std::vector<pid_t> others{start_spinning(0), start_spinning(0)};
  usleep(200'000);
  const std::uint64_t begin = own_time(starved);
  sleep(3);
  const double own = seconds(begin, own_time(starved));
  for (const pid_t child : {starved, others[0], others[1]}) {
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }
  // Its share of the processor is a sixtieth.
  EXPECT_LT(own, 1.5);
}

TEST(OwnTime, OfAProcessThatIsGoneIsTheClock) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  EXPECT_GT(own_time(child), 0U);
}

}  // namespace
}  // namespace mlacheck
