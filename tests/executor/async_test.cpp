// Asynchronous copies: what a thread may see of one before and after its wait.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>
#include <vector>

#include "harness/backends/cpu/sanitizers/sanitizer.hpp"
#include "tests/executor/support.hpp"

namespace mlacheck::executor_test {
namespace {

using cpu::FindingKind;
using cpu::ThreadOrder;

constexpr std::size_t kThreads = 64;
constexpr float kStale = -1.0f;

// Under TSan every thread of some kernels here is reported, which must not stop them.
constexpr Configuration kLate{32, {ThreadOrder::ascending, 0, 1, 1000}};
constexpr Configuration kAtOnce{32, {ThreadOrder::descending, 0, 1, 1000}};

Configuration shuffled(std::uint64_t seed) { return {32, {ThreadOrder::seeded, seed, 1, 1000}}; }

class Async : public testing::Test {
 protected:
  Async() {
    std::iota(in_.begin(), in_.end(), 1.0f);
    p_.in = in_.data();
    p_.out = out_.data();
  }
  ~Async() override { forget_initialization(); }

  Outcome run64(const Configuration& configuration, const char* kernel) {
    out_.assign(out_.size(), 7.0f);
    return run(configuration, kernel, {1, 1, 1}, {kThreads, 1, 1}, p_,
               2 * kThreads * sizeof(float));
  }
  // Elements of `stride` at `offset`.
  std::vector<float> seen(std::size_t stride = 1, std::size_t offset = 0) {
    forget_initialization();
    std::vector<float> elements;
    for (std::size_t t = 0; t < kThreads; ++t) elements.push_back(out_[stride * t + offset]);
    return elements;
  }
  std::vector<float> copied() const { return {in_.begin(), in_.begin() + kThreads}; }
  static std::vector<float> stale() { return std::vector<float>(kThreads, kStale); }
  void forget_initialization() { cpu::mark_initialized(out_.data(), out_.size() * sizeof(float)); }
  static void expect_clean(const Outcome& outcome) {
    EXPECT_TRUE(outcome.status.ok() && outcome.findings.empty() && outcome.reports.empty())
        << print(outcome);
  }

  alignas(16) std::array<float, 5 * kThreads> in_{};
  std::vector<float> out_ = std::vector<float>(3 * kThreads);
  Params p_;
};

TEST_F(Async, APipelineIsCleanWhateverTheOrder) {
  for (const Configuration& configuration : all_configurations()) {
    for (const int floats : {1, 2, 4}) {
      for (const std::int64_t tiles : {1, 2, 5}) {
        p_.phases = floats;
        p_.n = tiles;
        expect_clean(run64(configuration, "async_pipeline"));
        for (std::size_t t = 0; t < kThreads; ++t) {
          float sum = 0.0f;
          for (std::size_t i = 0; i < static_cast<std::size_t>(tiles); ++i) {
            sum += in_[t + kThreads * i];
          }
          ASSERT_EQ(out_[t], sum) << tiles << " tiles by " << floats;
        }
      }
    }
  }
}

TEST_F(Async, ACopyIsSeenAfterItsWait) {
  for (const Configuration& configuration : all_configurations()) {
    p_.phases = 2;
    expect_clean(run64(configuration, "async_read"));
    EXPECT_EQ(seen(), copied());
  }
}

TEST_F(Async, WithoutAWaitItMayBeStale) {
  p_.phases = 0;
  run64(kLate, "async_read");
  EXPECT_EQ(seen(), stale());
  run64(kAtOnce, "async_read");
  EXPECT_EQ(seen(), copied());
}

TEST_F(Async, AWaitIsForWhatWasCommitted) {
  p_.phases = 1;
  run64(kLate, "async_read");
  EXPECT_EQ(seen(), stale());
}

TEST_F(Async, InARandomOrderSomeLandEarlyAndTheSeedSaysWhich) {
  p_.phases = 0;
  std::vector<std::vector<float>> results;
  for (const std::uint64_t seed : {1U, 2U, 1U}) {
    run64(shuffled(seed), "async_read");
    results.push_back(seen());
    const auto late = std::count(results.back().begin(), results.back().end(), kStale);
    EXPECT_GT(late, 0);
    EXPECT_LT(late, static_cast<std::ptrdiff_t>(kThreads));
  }
  EXPECT_NE(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
}

TEST_F(Async, OthersSeeItAfterABarrierOnly) {
  p_.n = 1;
  p_.phases = 2;
  const Outcome early = run64(kLate, "async_read");
  EXPECT_EQ(seen()[0], kStale);
  EXPECT_EQ(count(early, "tsan: data race") > 0, cpu::is_tsan_intra()) << print(early);
  p_.phases = 3;
  for (const Configuration& configuration : all_configurations()) {
    expect_clean(run64(configuration, "async_read"));
    for (std::size_t t = 0; t < kThreads; ++t) EXPECT_EQ(out_[t], in_[(t + 1) % kThreads]);
  }
}

// The groups are the first copy, an empty one and the second copy.
TEST_F(Async, AWaitLeavesTheYoungestGroupsPending) {
  for (const auto& [pending, first] :
       {std::pair(1, true), std::pair(2, true), std::pair(3, false)}) {
    p_.phases = pending;
    run64(kLate, "async_groups");
    EXPECT_EQ(seen(3, 0), first ? copied() : stale()) << pending;
    EXPECT_EQ(seen(3, 1), stale()) << pending;
    EXPECT_EQ(seen(3, 2), copied()) << pending;
  }
}

TEST_F(Async, MisalignedAddressesAreReported) {
  p_.writer = 4;
  for (const Configuration& configuration : all_configurations()) {
    p_.n = 4;
    EXPECT_TRUE(run64(configuration, "async_forgotten").findings.empty());
    p_.n = 3;
    const Outcome source = run64(configuration, "async_forgotten");
    EXPECT_EQ(count(source, FindingKind::misaligned_access), 1U) << print(source);
    EXPECT_NE(print(source).find("async.kernel.h:"), std::string::npos) << print(source);
  }
  p_.n = 4;
  p_.writer = 6;
  const Outcome destination = run64(kLate, "async_forgotten");
  EXPECT_EQ(count(destination, FindingKind::misaligned_access), 1U) << print(destination);
}

// Both ends are accessed, though the data is seen by nobody.
TEST_F(Async, ACopyThatNobodyWaitsForLandsAfterTheLastThread) {
  p_.writer = 0;
  expect_clean(run64(kLate, "async_forgotten"));
  EXPECT_EQ(seen(), stale());
  p_.writer = kThreads;
  const Outcome overrun = run64(kLate, "async_forgotten");
  if (cpu::is_asan()) {
    // A report for each end of the bytes.
    EXPECT_EQ(count(overrun, "asan: heap-buffer-overflow"), 2U) << print(overrun);
    EXPECT_EQ(count(overrun, "tests/executor/async.kernel.h:"), 2U) << print(overrun);
  } else {
    EXPECT_EQ(count(overrun, FindingKind::shared_memory_overrun), 1U) << print(overrun);
  }
}

TEST_F(Async, ADeadlockLeavesNoCopyForTheNextBlock) {
  const Outcome outcome = run64(kLate, "async_deadlock");
  EXPECT_EQ(outcome.status.code(), StatusCode::launch_failed);
  EXPECT_EQ(count(outcome, FindingKind::deadlock), 1U) << print(outcome);
  const std::vector<float> untouched = out_;
  std::vector<float> out(kThreads);
  p_.out = out.data();
  p_.phases = 0;
  run(kLate, "async_read", {1, 1, 1}, {kThreads, 1, 1}, p_);
  cpu::mark_initialized(out.data(), out.size() * sizeof(float));
  forget_initialization();
  EXPECT_EQ(out_, untouched);
}

TEST_F(Async, TheSourceIsReadWhenTheCopyLands) {
  run64(kLate, "async_source_changes");
  EXPECT_EQ(seen(), std::vector<float>(kThreads, 2.0f));
  run64(kAtOnce, "async_source_changes");
  EXPECT_EQ(seen(), std::vector<float>(kThreads, 7.0f));
}

TEST_F(Async, ACopyMayLandAsSoonAsItIsBegun) {
  const Outcome late = run64(kLate, "async_too_early");
  EXPECT_EQ(seen(), stale());
  run64(kAtOnce, "async_too_early");
  EXPECT_NE(seen(), stale());
  EXPECT_EQ(count(late, "tsan: data race") > 0, cpu::is_tsan_intra()) << print(late);
}

TEST_F(Async, UninitializedBytesStaySo) {
  if (!cpu::is_msan()) GTEST_SKIP() << "not an msan build";
  p_.phases = 2;
  cpu::mark_uninitialized(in_.data() + 5, sizeof(float));
  for (const Configuration& configuration : all_configurations()) {
    expect_clean(run64(configuration, "async_read"));
    EXPECT_EQ(cpu::first_uninitialized(out_.data(), kThreads * sizeof(float)), 5 * sizeof(float));
  }
  cpu::mark_initialized(in_.data() + 5, sizeof(float));
  p_.phases = 0;
  run64(kLate, "async_read");
  EXPECT_EQ(cpu::first_uninitialized(out_.data(), kThreads * sizeof(float)), 0U);
}

TEST_F(Async, AsanSeesTheSource) {
  if (!cpu::is_asan()) GTEST_SKIP() << "not an asan build";
  std::vector<float> source(18);
  p_.in = source.data();
  p_.n = 16;
  for (const Configuration& configuration : all_configurations()) {
    const Outcome outcome = run64(configuration, "async_forgotten");
    EXPECT_EQ(count(outcome, "asan: heap-buffer-overflow"), 1U) << print(outcome);
    EXPECT_EQ(count(outcome, "tests/executor/async.kernel.h:"), 1U) << print(outcome);
  }
}

}  // namespace
}  // namespace mlacheck::executor_test
