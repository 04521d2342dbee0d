#include "harness/process/proc_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mlacheck {
namespace {

TEST(ProcFile, HoldsWhatTheKernelSays) {
  const std::string stat = proc_file(std::to_string(getpid()), "stat");
  EXPECT_EQ(stat.substr(0, stat.find(' ')), std::to_string(getpid()));
  EXPECT_EQ(proc_file(std::to_string(getpid()), "no-such-file"), "");
}

// The process ends after its file was opened and before it is read: the kernel answers ESRCH.
TEST(ProcFile, AProcessThatEndsMeanwhileIsNoError) {
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  ASSERT_GT(child, 0);
  const int file = open(("/proc/" + std::to_string(child) + "/stat").c_str(), O_RDONLY);
  ASSERT_GE(file, 0);
  kill(child, SIGKILL);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_EQ(rest_of(file), "");
  close(file);
  EXPECT_EQ(proc_file(std::to_string(child), "stat"), "");
}

}  // namespace
}  // namespace mlacheck
