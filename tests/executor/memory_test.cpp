// Memory: what ASan, UBSan, MSan and, in plain builds, the canaries must see.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <vector>

#include "harness/backends/cpu/sanitizers/sanitizer.hpp"
#include "tests/executor/support.hpp"

namespace mlacheck::executor_test {
namespace {

using cpu::FindingKind;

class Memory : public testing::Test {
 protected:
  Memory() {
    p_.in = in_.data();
    p_.out = out_.data();
    p_.counters = counters_.data();
  }
  ~Memory() override {
    cpu::mark_initialized(in_.data(), in_.size() * sizeof(float));
    cpu::mark_initialized(out_.data(), out_.size() * sizeof(float));
  }
  Outcome run64(const Configuration& configuration, const char* kernel, std::size_t dynamic = 0) {
    return run(configuration, kernel, {1, 1, 1}, {64, 1, 1}, p_, dynamic);
  }
  std::optional<std::size_t> first_uninitialized_out() const {
    return cpu::first_uninitialized(out_.data(), out_.size() * sizeof(float));
  }

  std::vector<float> in_ = std::vector<float>(64, 1.0f);
  std::vector<float> out_ = std::vector<float>(64, 0.0f);
  std::vector<int> counters_ = std::vector<int>(4, 0);
  Params p_;
};

class SharedMemory : public Memory {};

TEST_F(SharedMemory, CanariesAreReportedWhereAsanIsNot) {
  if (cpu::is_asan()) GTEST_SKIP() << "ASan's red zones take the canaries' place";
  for (const Configuration& configuration : all_configurations()) {
    for (const std::int64_t element : {-16, -1, 64, 79}) {
      p_.n = element;
      const Outcome outcome = run64(configuration, "shared_overrun");
      ASSERT_EQ(count(outcome, FindingKind::shared_memory_overrun), 1U) << element;
      const std::string& text = outcome.findings[0].text;
      EXPECT_NE(text.find("kernel shared_overrun, block (0,0,0)"), std::string::npos) << text;
      EXPECT_NE(text.find("shared variable small (256 bytes"), std::string::npos) << text;
      EXPECT_NE(text.find("executor/faulty.kernel.h:"), std::string::npos) << text;
      // The float 1.0 is 00 00 80 3f: its first byte differs from the canary.
      const std::int64_t offset = element < 0 ? element * 4 + 3 : element * 4;
      EXPECT_NE(text.find("byte offset " + std::to_string(offset)), std::string::npos) << text;
    }
  }
}

TEST_F(SharedMemory, DynamicCanaries) {
  if (cpu::is_asan()) GTEST_SKIP() << "ASan's red zones take the canaries' place";
  p_.n = 10;
  EXPECT_EQ(count(run64({}, "dynamic_overrun", 40), FindingKind::shared_memory_overrun), 1U);
  EXPECT_TRUE(run64({}, "dynamic_overrun", 44).findings.empty());
  p_.n = 0;
  EXPECT_EQ(count(run64({}, "dynamic_overrun", 0), FindingKind::shared_memory_overrun), 1U);
}

TEST_F(SharedMemory, StartsPoisonedInEveryBlock) {
  for (const Configuration& configuration : all_configurations()) {
    // The first launch leaves ones behind everywhere.
    p_.n = 1000;
    EXPECT_TRUE(run64(configuration, "shared_uninitialized").findings.empty());
    p_.n = 7;
    run64(configuration, "shared_uninitialized");
    cpu::mark_initialized(out_.data(), out_.size() * sizeof(float));
    EXPECT_TRUE(std::isnan(out_[7]));
    EXPECT_EQ(out_[6], 1.0f);
  }
}

TEST_F(SharedMemory, MoreThanABlockCanHave) {
  const Outcome outcome = run64({}, "too_much_shared");
  ASSERT_EQ(count(outcome, FindingKind::shared_memory_limit), 1U) << print(outcome);
  EXPECT_NE(outcome.findings[0].text.find("uses 51200 bytes"), std::string::npos);
}

class Asan : public Memory {
 protected:
  void SetUp() override {
    if (!cpu::is_asan()) GTEST_SKIP() << "not an asan build";
  }
};

TEST_F(Asan, SharedMemory) {
  for (const Configuration& configuration : all_configurations()) {
    for (const std::int64_t element : {-1, 64, 65}) {
      p_.n = element;
      const Outcome outcome = run64(configuration, "shared_overrun");
      ASSERT_EQ(count(outcome, "asan: heap-buffer-overflow"), 1U) << print(outcome);
      EXPECT_EQ(count(outcome, "WRITE of size 4"), 1U) << print(outcome);
      // UBSan sees it too, because the extent is in the type.
      EXPECT_EQ(count(outcome, "ubsan: index"), 1U) << print(outcome);
      EXPECT_EQ(count(outcome, "tests/executor/faulty.kernel.h:"), 2U) << print(outcome);
      EXPECT_EQ(count(outcome, "kernel shared_overrun, block (0,0,0), thread (0,0,0)"), 2U)
          << print(outcome);
    }
  }
}

TEST_F(Asan, DynamicSharedMemoryHasItsExactSize) {
  p_.n = 10;
  EXPECT_EQ(count(run64({}, "dynamic_overrun", 40), "asan: heap-buffer-overflow"), 1U);
  EXPECT_TRUE(run64({}, "dynamic_overrun", 44).reports.empty());
}

TEST_F(Asan, GlobalMemoryAndEveryRepetition) {
  std::vector<float> out(60);
  p_.out = out.data();
  for (int repetition = 0; repetition < 3; ++repetition) {
    const Outcome outcome = run64({}, "global_overrun");
    EXPECT_EQ(count(outcome, "asan: heap-buffer-overflow"), 4U) << print(outcome);
    EXPECT_EQ(count(outcome, "thread (63,0,0)"), 1U) << print(outcome);
  }
}

TEST_F(Asan, GlobalReads) {
  std::vector<float> in(63);
  p_.in = in.data();
  p_.n = 63;
  EXPECT_EQ(count(run64({}, "global_overread"), "READ of size 4"), 1U);
}

TEST_F(Asan, ForbiddenMemory) {
  cpu::forbid_access(out_.data() + 40, 8 * sizeof(float));
  const Outcome outcome = run64({}, "global_overrun");
  cpu::allow_access(out_.data() + 40, 8 * sizeof(float));
  EXPECT_EQ(count(outcome, "asan: use-after-poison"), 8U) << print(outcome);
  EXPECT_TRUE(run64({}, "global_overrun").reports.empty());
}

TEST_F(Asan, AKernelWrongEverywhereIsStopped) {
  std::vector<float> out(400);
  p_.out = out.data();
  cpu::forbid_access(out.data(), out.size() * sizeof(float));
  const Outcome all = run({}, "global_overrun", {4, 1, 1}, {4, 1, 1}, p_);
  const Outcome stopped = run({}, "global_overrun", {100, 1, 1}, {4, 1, 1}, p_);
  cpu::allow_access(out.data(), out.size() * sizeof(float));
  EXPECT_TRUE(all.status.ok());
  EXPECT_EQ(count(all, "asan: use-after-poison"), 16U) << print(all);
  EXPECT_EQ(stopped.status.code(), StatusCode::launch_failed);
  EXPECT_EQ(count(stopped, "asan: use-after-poison"), cpu::ExecutorOptions{}.max_reports);
  EXPECT_EQ(stopped.receipt, 5U);  // blocks of 4 threads
}

TEST_F(Asan, ReportsOfWorkerThreadsReachTheCaller) {
  std::vector<float> out(8 * 64 - 1);
  p_.out = out.data();
  const Configuration workers{32, {cpu::ThreadOrder::ascending, 0, 4}};
  EXPECT_EQ(run(workers, "global_overrun", {8, 1, 1}, {64, 1, 1}, p_).reports.size(), 1U);
}

class Ubsan : public Memory {
 protected:
  void SetUp() override {
    if (!cpu::is_asan()) GTEST_SKIP() << "not an asan build, which UBSan is part of";
  }
};

TEST_F(Ubsan, EveryRepetitionIsReported) {
  for (int repetition = 0; repetition < 3; ++repetition) {
    counters_ = {2147483647, 1, 40, 0};
    p_.phases = 0;
    const Outcome overflow = run({}, "undefined_arithmetic", {1, 1, 1}, {1, 1, 1}, p_);
    EXPECT_EQ(count(overflow, "ubsan: signed integer overflow"), 1U) << print(overflow);
    EXPECT_EQ(count(overflow, "executor/faulty.kernel.h:"), 1U) << print(overflow);
    p_.phases = 1;
    const Outcome shift = run({}, "undefined_arithmetic", {1, 1, 1}, {1, 1, 1}, p_);
    EXPECT_EQ(count(shift, "ubsan: shift exponent 40 is too large"), 1U) << print(shift);
  }
}

class Msan : public Memory {
 protected:
  void SetUp() override {
    if (!cpu::is_msan()) GTEST_SKIP() << "not an msan build";
  }
};

TEST_F(Msan, SharedMemoryThatReachesTheOutput) {
  for (const Configuration& configuration : all_configurations()) {
    p_.n = 5;
    const Outcome outcome = run64(configuration, "shared_uninitialized");
    EXPECT_TRUE(outcome.reports.empty()) << print(outcome);
    EXPECT_EQ(first_uninitialized_out(), std::optional<std::size_t>(5 * sizeof(float)));
    p_.n = 1000;
    run64(configuration, "shared_uninitialized");
    EXPECT_EQ(first_uninitialized_out(), std::nullopt);
  }
}

TEST_F(Msan, SharedMemoryThatDecidesABranch) {
  for (const Configuration& configuration : all_configurations()) {
    p_.n = 5;
    const Outcome outcome = run64(configuration, "shared_uninitialized_branch");
    ASSERT_EQ(count(outcome, "msan: use-of-uninitialized-value"), 1U) << print(outcome);
    EXPECT_EQ(count(outcome, "SharedUninitializedBranch::kernel"), 1U) << print(outcome);
    EXPECT_EQ(count(outcome, "executor/faulty.kernel.h:"), 1U) << print(outcome);
    EXPECT_EQ(count(outcome, "block (0,0,0), thread (5,0,0)"), 1U) << print(outcome);
  }
}

TEST_F(Msan, GlobalMemory) {
  cpu::mark_uninitialized(in_.data() + 9, 2 * sizeof(float));
  for (int repetition = 0; repetition < 3; ++repetition) {
    EXPECT_EQ(count(run64({}, "global_branch"), "msan: use-of-uninitialized-value"), 2U);
  }
  cpu::mark_initialized(in_.data() + 9, 2 * sizeof(float));
  EXPECT_TRUE(run64({}, "global_branch").reports.empty());
}

// The allocator hands memory on as it is, so shared memory must not go back uninitialised: the
// harness's own code would be reported for it.
TEST_F(Msan, FreedSharedMemoryLeavesNoTrace) {
  p_.n = 5;
  run64({}, "shared_uninitialized");
  std::vector<void*> blocks;
  for (std::size_t bytes = 1024; bytes <= 1280; bytes += 64) {
    for (int i = 0; i < 4; ++i) {
      blocks.push_back(std::aligned_alloc(64, bytes));
      EXPECT_EQ(cpu::first_uninitialized(blocks.back(), bytes), std::nullopt);
    }
  }
  for (void* block : blocks) std::free(block);
}

TEST_F(Msan, OutputsThatNobodyWrote) {
  cpu::mark_uninitialized(out_.data(), out_.size() * sizeof(float));
  p_.n = 60;
  run64({}, "global_overread");  // writes elements 0 to 59
  EXPECT_EQ(first_uninitialized_out(), std::optional<std::size_t>(60 * sizeof(float)));
}

TEST_F(Msan, ShufflesCarryWhatIsUninitialized) {
  for (const Configuration& configuration : all_configurations()) {
    cpu::mark_uninitialized(in_.data() + 1, sizeof(float));
    p_.phases = 0;
    const Outcome outcome = run64(configuration, "shuffle_uninitialized");
    EXPECT_TRUE(outcome.reports.empty()) << print(outcome);
    EXPECT_EQ(first_uninitialized_out(), std::optional<std::size_t>(0));
    EXPECT_EQ(cpu::first_uninitialized(out_.data() + 1, 63 * sizeof(float)), std::nullopt);
  }
}

TEST_F(Msan, VotesAndReductionsToo) {
  for (const int phases : {1, 2}) {
    cpu::mark_initialized(in_.data(), in_.size() * sizeof(float));
    p_.phases = phases;
    EXPECT_TRUE(run64({}, "shuffle_uninitialized").reports.empty());
    EXPECT_EQ(first_uninitialized_out(), std::nullopt);
    cpu::mark_uninitialized(in_.data() + 1, sizeof(float));
    run64({}, "shuffle_uninitialized");
    EXPECT_EQ(first_uninitialized_out(), std::optional<std::size_t>(0));
    // The other warp is not concerned.
    EXPECT_EQ(cpu::first_uninitialized(out_.data() + 32, 32 * sizeof(float)), std::nullopt);
  }
}

TEST_F(Msan, AShuffleFromALaneThatTakesNoPartIsUndefined) {
  for (const Configuration& configuration : all_configurations()) {
    run64(configuration, "shuffle_from_absent");
    EXPECT_EQ(first_uninitialized_out(), std::optional<std::size_t>(0));
    EXPECT_EQ(cpu::first_uninitialized(out_.data() + 1, 63 * sizeof(float)), std::nullopt);
  }
}

}  // namespace
}  // namespace mlacheck::executor_test
