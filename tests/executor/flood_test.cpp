// A kernel that does wrong in every thread, over and over: the launch is stopped in the middle of a
// block, where a sanitizer would otherwise print for minutes, and the next launch is none the
// worse.
#include <gtest/gtest.h>

#include <vector>

#include "harness/backends/cpu/sanitizers/sanitizer.hpp"
#include "tests/executor/support.hpp"

namespace mlacheck::executor_test {
namespace {

constexpr unsigned kThreads = 128;
constexpr int kPhases = 1000;

class Flood : public testing::Test {
 protected:
  void SetUp() override {
    if (!cpu::is_sanitized()) GTEST_SKIP() << "no sanitizer in this build";
    cpu::mark_uninitialized(in_.data(), sizeof(float));
    p_.in = in_.data();
    p_.out = out_.data();
    p_.counters = counters_.data();
    p_.n = cpu::is_asan() ? 1 : 0;  // past the end, or in the range and uninitialised
    p_.phases = kPhases;
  }
  void TearDown() override { cpu::mark_initialized(in_.data(), sizeof(float)); }

  std::vector<float> in_ = std::vector<float>(1, 1.0f);
  std::vector<float> out_ = std::vector<float>(2 * kThreads, 0.0f);
  std::vector<int> counters_ = std::vector<int>(kPhases, 0);
  Params p_;
};

TEST_F(Flood, StopsTheLaunchWithinABlock) {
  constexpr std::size_t kLimit = cpu::ExecutorOptions{}.max_reports;
  for (const Configuration& configuration : all_configurations()) {
    // From the first phase on, when the others have not started, and later, when they are ready.
    for (const unsigned first : {0U, 3U}) {
      p_.writer = first;
      const Outcome flooded = run(configuration, "flood", {2, 1, 1}, {kThreads, 1, 1}, p_);
      EXPECT_NE(flooded.status.message().find("sanitizer reports"), std::string::npos)
          << print(flooded);
      EXPECT_GE(flooded.reports.size(), kLimit);
      // The thread that is at work goes on to its next barrier: two words, and no further.
      EXPECT_LE(flooded.reports.size(), kLimit + 2);
      EXPECT_TRUE(flooded.findings.empty()) << "no deadlock, only a stop: " << print(flooded);

      Params correct;
      correct.out = out_.data();
      const Outcome next =
          run(configuration, "tree_reduction", {2, 1, 1}, {kThreads, 1, 1}, correct);
      EXPECT_TRUE(next.status.ok() && next.reports.empty() && next.findings.empty()) << print(next);
    }
  }
}

}  // namespace
}  // namespace mlacheck::executor_test
