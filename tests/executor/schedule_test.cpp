// Launches: indices, receipts, limits, orders, workers; and what the executor itself reports.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "harness/backends/cpu/sanitizers/sanitizer.hpp"
#include "tests/executor/collectives.hpp"
#include "tests/executor/support.hpp"

namespace mlacheck::executor_test {
namespace {

using cpu::FindingKind;
using cpu::ThreadOrder;

bool mentions(const Outcome& outcome, const std::string& text) {
  return print(outcome).find(text) != std::string::npos;
}

std::vector<float> expected_indices(Dim3 grid, Dim3 block) {
  std::vector<float> expected;
  const auto add = [&](unsigned x, unsigned y, unsigned z) {
    for (const unsigned value : {x, y, z}) expected.push_back(static_cast<float>(value));
  };
  for (unsigned b = 0; b < grid.count(); ++b) {
    for (unsigned t = 0; t < block.count(); ++t) {
      add(t % block.x, t / block.x % block.y, t / block.x / block.y);
      add(b % grid.x, b / grid.x % grid.y, b / grid.x / grid.y);
      add(block.x, block.y, block.z);
      add(grid.x, grid.y, grid.z);
    }
  }
  return expected;
}

TEST(Schedule, IndicesOfEveryThread) {
  const Dim3 grid{3, 2, 2};
  const Dim3 block{5, 3, 4};
  for (const Configuration& configuration : all_configurations()) {
    std::vector<float> out(12 * grid.count() * block.count(), -1.0f);
    Params p;
    p.out = out.data();
    const Outcome outcome = run(configuration, "write_indices", grid, block, p);
    EXPECT_TRUE(outcome.status.ok() && outcome.findings.empty()) << print(outcome);
    EXPECT_EQ(out, expected_indices(grid, block));
    EXPECT_EQ(outcome.receipt, grid.count());
  }
}

TEST(Schedule, WorkersShareTheBlocks) {
  const Dim3 grid{40, 3, 1};
  const Dim3 block{32, 1, 1};
  for (const unsigned workers : {2U, 3U, 1000U}) {
    std::vector<float> out(12 * grid.count() * block.count(), -1.0f);
    Params p;
    p.out = out.data();
    const Outcome outcome =
        run({32, {ThreadOrder::seeded, 5, workers}}, "write_indices", grid, block, p);
    EXPECT_EQ(out, expected_indices(grid, block));
    EXPECT_EQ(outcome.receipt, grid.count());
  }
}

TEST(Schedule, SeveralOsThreadsLaunchAtOnce) {
  const auto work = [](std::vector<float>& out) {
    std::vector<float> in(128, 1.0f);
    Params p;
    p.in = in.data();
    p.out = out.data();
    p.n = 128;
    for (int repetition = 0; repetition < 20; ++repetition) {
      run({}, "tree_reduction", {1, 1, 1}, {128, 1, 1}, p);
    }
  };
  std::vector<std::vector<float>> outs(4, std::vector<float>(1, 0.0f));
  std::vector<std::thread> threads;
  for (std::vector<float>& out : outs) threads.emplace_back([&] { work(out); });
  for (std::thread& thread : threads) thread.join();
  for (const std::vector<float>& out : outs) EXPECT_EQ(out[0], 128.0f);
}

TEST(Schedule, LaunchReportCountsWhatRan) {
  static_cast<void>(cpu::drain_launch_report());
  std::vector<float> out(64);
  Params p;
  p.out = out.data();
  run({}, "barriers", {1, 1, 1}, {64, 1, 1}, p);
  p.out = nullptr;
  run({}, "barriers", {7, 1, 1}, {64, 1, 1}, p);
  const cpu::LaunchReport report = cpu::drain_launch_report();
  EXPECT_EQ(report.launches, 2U);
  EXPECT_EQ(report.blocks_run, 8U);
  EXPECT_EQ(report.threads_run, 8U * 64U);
  EXPECT_EQ(cpu::drain_launch_report().launches, 0U);
}

TEST(Schedule, OptionsAreScoped) {
  EXPECT_EQ(cpu::executor_options().order, ThreadOrder::ascending);
  {
    const cpu::ScopedExecutorOptions outer({ThreadOrder::descending, 0, 1});
    {
      const cpu::ScopedExecutorOptions inner({ThreadOrder::seeded, 9, 2});
      EXPECT_EQ(cpu::executor_options().seed, 9U);
    }
    EXPECT_EQ(cpu::executor_options().order, ThreadOrder::descending);
  }
  EXPECT_EQ(cpu::executor_options().order, ThreadOrder::ascending);
}

TEST(Schedule, CollectivesGiveWhatCudaSays) {
  for (const Configuration& configuration : all_configurations()) {
    const int width = configuration.warp_width;
    std::vector<float> in(128);
    for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<float>(1000 + 3 * i);
    std::vector<float> out(128 * kCollectiveResults, -7.0f);
    Params p;
    p.in = in.data();
    p.out = out.data();
    const Outcome outcome = run(configuration, "collectives", {1, 1, 1}, {128, 1, 1}, p);
    EXPECT_TRUE(outcome.findings.empty()) << print(outcome);
    for (int thread = 0; thread < 128; ++thread) {
      const auto expected = expected_collectives(in, thread, width);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(out[expected.size() * static_cast<std::size_t>(thread) + i], expected[i])
            << "thread " << thread << ", result " << i;
      }
    }
  }
}

class Launch : public testing::Test {
 protected:
  static Outcome refused(Dim3 grid, Dim3 block, std::size_t dynamic = 0) {
    Outcome outcome = run({}, "barriers", grid, block, {}, dynamic);
    EXPECT_EQ(outcome.status.code(), StatusCode::launch_failed);
    EXPECT_EQ(outcome.receipt, 0U);
    return outcome;
  }
};

TEST_F(Launch, LimitsAreThoseOfAGpu) {
  EXPECT_TRUE(mentions(refused({1, 1, 1}, {1025, 1, 1}), "block is (1025,1,1)"));
  EXPECT_TRUE(mentions(refused({1, 1, 1}, {32, 32, 2}), "block is (32,32,2)"));
  EXPECT_TRUE(mentions(refused({1, 1, 1}, {1, 1, 65}), "block is (1,1,65)"));
  EXPECT_TRUE(mentions(refused({1, 1, 1}, {65536, 65536, 1}), "block is (65536,65536,1)"));
  EXPECT_TRUE(mentions(refused({1, 1, 1}, {0, 1, 1}), "block is (0,1,1)"));
  EXPECT_TRUE(mentions(refused({0, 1, 1}, {1, 1, 1}), "grid is (0,1,1)"));
  EXPECT_TRUE(mentions(refused({1, 1, 0}, {1, 1, 1}), "grid is (1,1,0)"));
  EXPECT_TRUE(mentions(refused({1, 65536, 1}, {1, 1, 1}), "grid is (1,65536,1)"));
  EXPECT_TRUE(mentions(refused({1, 1, 65536}, {1, 1, 1}), "grid is (1,1,65536)"));
  EXPECT_TRUE(mentions(refused({2147483648U, 1, 1}, {1, 1, 1}), "grid is (2147483648,1,1)"));
  EXPECT_TRUE(mentions(refused({1, 1, 1}, {1, 1, 1}, 232449), "is 232449 bytes"));
}

TEST_F(Launch, TheLimitsThemselvesAreAllowed) {
  EXPECT_TRUE(run({}, "barriers", {1, 1, 1}, {16, 1, 64}, {}, 232448).status.ok());
  EXPECT_EQ(run({}, "barriers", {1, 65535, 1}, {1, 1, 1}, {}).receipt, 65535U);
}

class Synchronization : public testing::Test {
 protected:
  Synchronization() {
    p_.out = out_.data();
    p_.n = 10;
  }
  Outcome run_block(const Configuration& configuration, const char* kernel, unsigned threads) {
    std::fill(out_.begin(), out_.end(), 0.0f);
    return run(configuration, kernel, {1, 1, 1}, {threads, 1, 1}, p_);
  }
  std::vector<float> out_ = std::vector<float>(128);
  Params p_;
};

TEST_F(Synchronization, DivergentBarrier) {
  for (const Configuration& configuration : all_configurations()) {
    const Outcome outcome = run_block(configuration, "divergent_barrier", 64);
    EXPECT_TRUE(outcome.status.ok());
    EXPECT_EQ(count(outcome, FindingKind::barrier_divergence), 1U) << print(outcome);
    EXPECT_EQ(outcome.findings.size(), 1U) << print(outcome);
    EXPECT_TRUE(mentions(outcome, "kernel divergent_barrier, block (0,0,0)")) << print(outcome);
    EXPECT_TRUE(mentions(outcome, "executor/faulty.kernel.h:")) << print(outcome);
    EXPECT_EQ(out_[63], 1.0f);
  }
}

TEST_F(Synchronization, BarrierAfterExit) {
  for (const Configuration& configuration : all_configurations()) {
    const Outcome outcome = run_block(configuration, "early_exit", 64);
    EXPECT_TRUE(outcome.status.ok());
    EXPECT_EQ(count(outcome, FindingKind::barrier_after_exit), 1U) << print(outcome);
    EXPECT_TRUE(mentions(outcome, "waits at a barrier with 10 threads, but 54")) << print(outcome);
    EXPECT_EQ(out_[9], 1.0f);
    EXPECT_EQ(outcome.receipt, 1U);
  }
}

TEST_F(Synchronization, MaskNamesAbsentLanes) {
  for (const Configuration& configuration : all_configurations()) {
    const Outcome outcome = run_block(configuration, "full_mask_shuffle", 72);
    EXPECT_EQ(count(outcome, FindingKind::mask_names_absent_lane), 1U) << print(outcome);
    EXPECT_TRUE(mentions(
        outcome, configuration.warp_width == 32 ? "lanes 0xffffff00" : "lanes 0xffffffffffffff00"))
        << print(outcome);
    EXPECT_EQ(out_[71], 2.0f);
  }
}

TEST_F(Synchronization, MaskNamesExitedLanes) {
  for (const Configuration& configuration : all_configurations()) {
    const Outcome outcome = run_block(configuration, "exited_lane", 64);
    EXPECT_EQ(count(outcome, FindingKind::mask_names_exited_lane), 1U) << print(outcome);
    EXPECT_TRUE(mentions(outcome, "lanes 0x8 have left the kernel")) << print(outcome);
    EXPECT_EQ(out_[0], 2.0f);
    EXPECT_EQ(out_[3], 0.0f);
  }
}

TEST_F(Synchronization, MaskExcludesCaller) {
  for (const Configuration& configuration : all_configurations()) {
    const Outcome outcome = run_block(configuration, "mask_excludes_caller", 64);
    EXPECT_EQ(count(outcome, FindingKind::mask_excludes_caller), 1U) << print(outcome);
    EXPECT_TRUE(mentions(outcome, "is lane 1, which its own mask 0x1")) << print(outcome);
  }
}

TEST_F(Synchronization, LanesDisagreeOnTheMask) {
  for (const Configuration& configuration : all_configurations()) {
    const Outcome outcome = run_block(configuration, "mask_disagreement", 64);
    EXPECT_EQ(outcome.status.code(), StatusCode::launch_failed);
    EXPECT_GE(count(outcome, FindingKind::mask_disagreement), 1U) << print(outcome);
    EXPECT_EQ(outcome.receipt, 0U);
  }
}

TEST_F(Synchronization, LanesDisagreeOnTheCollective) {
  for (const Configuration& configuration : all_configurations()) {
    const Outcome outcome = run_block(configuration, "collective_disagreement", 64);
    EXPECT_GE(count(outcome, FindingKind::collective_disagreement), 1U) << print(outcome);
    EXPECT_EQ(out_[0], 2.0f);
    EXPECT_EQ(out_[1], 1.0f);
  }
}

TEST_F(Synchronization, ShuffleWidth) {
  for (const Configuration& configuration : all_configurations()) {
    for (const std::int64_t width : {0, -8, 12, 128}) {
      p_.n = width;
      const Outcome outcome = run_block(configuration, "bad_shuffle_width", 64);
      EXPECT_EQ(count(outcome, FindingKind::bad_shuffle_width), 1U) << print(outcome);
      EXPECT_TRUE(mentions(outcome, "width " + std::to_string(width))) << print(outcome);
    }
    p_.n = configuration.warp_width;
    EXPECT_TRUE(run_block(configuration, "bad_shuffle_width", 64).findings.empty());
  }
}

TEST_F(Synchronization, AVectorFromAMisalignedAddressIsReportedOnceALine) {
  std::vector<float> in(64);
  std::iota(in.begin(), in.end(), 1.0f);
  p_.in = in.data();
  for (const Configuration& configuration : all_configurations()) {
    p_.n = 4;
    EXPECT_TRUE(run_block(configuration, "vector_copy", 8).findings.empty());
    p_.n = 3;
    const Outcome outcome = run_block(configuration, "vector_copy", 8);
    EXPECT_EQ(count(outcome, FindingKind::misaligned_access), 1U) << print(outcome);
    EXPECT_TRUE(mentions(outcome, "accesses 16 bytes 12 past a multiple of 16")) << print(outcome);
    EXPECT_EQ(out_[5], in[8]) << "the access itself takes place";
  }
}

TEST_F(Synchronization, ADeadlockIsReportedAndLeavesNothingBehind) {
  for (const Configuration& configuration : all_configurations()) {
    for (int repetition = 0; repetition < 3; ++repetition) {
      const Outcome outcome = run_block(configuration, "deadlock", 64);
      EXPECT_EQ(outcome.status.code(), StatusCode::launch_failed);
      EXPECT_EQ(count(outcome, FindingKind::deadlock), 1U) << print(outcome);
      EXPECT_TRUE(mentions(outcome, "all 64 live threads")) << print(outcome);
      EXPECT_TRUE(outcome.reports.empty()) << print(outcome);
    }
    // The same fibers run something else afterwards.
    const Outcome after = run_block(configuration, "barriers", 64);
    EXPECT_TRUE(after.status.ok() && after.findings.empty() && after.reports.empty())
        << print(after);
    EXPECT_EQ(out_[63], 1.0f);
  }
}

TEST_F(Synchronization, AnExceptionEndsTheLaunchAndNothingElse) {
  for (const Configuration& configuration : all_configurations()) {
    const Outcome outcome = run_block(configuration, "throws", 64);
    EXPECT_EQ(outcome.status.code(), StatusCode::launch_failed);
    EXPECT_EQ(count(outcome, FindingKind::kernel_exception), 1U) << print(outcome);
    EXPECT_TRUE(mentions(outcome, "thread (10,0,0) threw")) << print(outcome);
    EXPECT_TRUE(outcome.reports.empty()) << print(outcome);
    EXPECT_EQ(out_[11], 1.0f);
  }
}

// Shuffles keep the lanes of a warp together, and so may hide that nothing keeps the warps together:
// some order has to let one run ahead.
TEST(Order, AWarpRunsAheadOfTheOthers) {
  const std::vector<float> in(128, 1.0f);
  const float right = 128.0f + 256.0f;
  for (const int width : {32, 64}) {
    const auto is_right = [&](ThreadOrder order, std::uint64_t seed) {
      std::vector<float> out(128);
      Params p;
      p.in = in.data();
      p.out = out.data();
      // To the end, whatever TSan says on the way.
      run({width, {order, seed, 1, 1000}}, "reused_totals", {1, 1, 1}, {128, 1, 1}, p);
      return std::ranges::count(out, right) == 128;
    };
    EXPECT_TRUE(is_right(ThreadOrder::ascending, 0)) << "no warp may run ahead in this order";
    EXPECT_FALSE(is_right(ThreadOrder::descending, 0));
    int right_ones = 0;
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      right_ones += is_right(ThreadOrder::seeded, seed) ? 1 : 0;
    }
    EXPECT_LT(right_ones, 8);
  }
}

// The results of a kernel with a missing barrier depend on the order of threads: a check that needs
// no sanitizer.
TEST(Order, AMissingBarrierChangesTheResult) {
  std::vector<float> in(128);
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<float>(i);
  const auto sum = [&](const char* kernel, int width, ThreadOrder order, std::uint64_t seed) {
    std::vector<float> out(1);
    Params p;
    p.in = in.data();
    p.out = out.data();
    p.n = 128;
    // To the end, whatever TSan says on the way.
    run({width, {order, seed, 1, 1000}}, kernel, {1, 1, 1}, {128, 1, 1}, p);
    return out[0];
  };
  for (const int width : {32, 64}) {
    const float ascending = sum("unordered_reduction", width, ThreadOrder::ascending, 0);
    const float descending = sum("unordered_reduction", width, ThreadOrder::descending, 0);
    const float first = sum("unordered_reduction", width, ThreadOrder::seeded, 1);
    const float second = sum("unordered_reduction", width, ThreadOrder::seeded, 2);
    EXPECT_NE(ascending, descending);
    EXPECT_NE(first, second);
    EXPECT_EQ(first, sum("unordered_reduction", width, ThreadOrder::seeded, 1));
    for (const auto order :
         {ThreadOrder::ascending, ThreadOrder::descending, ThreadOrder::seeded}) {
      EXPECT_EQ(sum("tree_reduction", width, order, 1), 128.0f * 127.0f / 2.0f);
    }
  }
}

}  // namespace
}  // namespace mlacheck::executor_test
