// Races: what each of the two race modes must see, and the sweep over distance, number of barriers
// and block size that shows that it is not blind (an executor that finds every planted bug can
// still miss every race after the first barrier).
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "harness/backends/cpu/block/order.hpp"
#include "harness/backends/cpu/sanitizers/sanitizer.hpp"
#include "tests/executor/support.hpp"

namespace mlacheck::executor_test {
namespace {

using Pair = std::pair<unsigned, unsigned>;

// Writers and readers among n: neighbours, warp and block distances, both ends, then random ones.
std::vector<Pair> sample_pairs(unsigned n, std::size_t limit) {
  std::set<Pair> pairs;
  for (const unsigned distance :
       {1U, 2U, 31U, 32U, 63U, 64U, 127U, 128U, 254U, 255U, 256U, 510U, 511U, 765U, 1023U}) {
    if (distance >= n) continue;
    for (const unsigned first : {0U, (n - distance) / 2, n - 1 - distance}) {
      pairs.insert({first, first + distance});
      pairs.insert({first + distance, first});
    }
  }
  cpu::Random random(n);
  while (pairs.size() < limit) {
    const auto a = static_cast<unsigned>(random.below(n));
    const auto b = static_cast<unsigned>(random.below(n));
    if (a == b) continue;
    pairs.insert({a, b});
    pairs.insert({b, a});
  }
  return {pairs.begin(), pairs.end()};
}

bool is_reported(const cpu::ExecutorOptions& options, const char* kernel, Dim3 grid, unsigned block,
                 int phases, Pair pair) {
  // Fresh memory for each launch: after a report, TSan keeps quiet about reads of the same address.
  const auto word = std::make_unique<int>(0);
  std::vector<float> out(std::size_t{grid.x} * block);
  Params p;
  p.out = out.data();
  p.counters = word.get();
  p.phases = phases;
  p.writer = pair.first;
  p.reader = pair.second;
  const Outcome outcome = run({32, options}, kernel, grid, {block, 1, 1}, p);
  return count(outcome, "tsan: data race") > 0;
}

std::vector<Pair> missed(const cpu::ExecutorOptions& options, const char* kernel, unsigned block,
                         int phases, const std::vector<Pair>& pairs) {
  std::vector<Pair> result;
  for (const Pair& pair : pairs) {
    if (!is_reported(options, kernel, {1, 1, 1}, block, phases, pair)) result.push_back(pair);
  }
  return result;
}

std::string print(const std::vector<Pair>& pairs) {
  std::string text;
  for (const auto& [writer, reader] : pairs) {
    text += " (" + std::to_string(writer) + "," + std::to_string(reader) + ")";
  }
  return text;
}

class TsanSweep : public testing::Test {
 protected:
  void SetUp() override {
    if (!cpu::is_tsan_intra()) GTEST_SKIP() << "not a tsan-intra build";
  }
};

TEST_F(TsanSweep, EveryPairOfBlocksUpTo255Threads) {
  for (const unsigned block : {64U, 128U, 200U, 255U}) {
    const std::vector<Pair> pairs = sample_pairs(block, 42);
    for (const int phases : {0, 1, 4}) {
      const std::vector<Pair> misses = missed({}, "shared_race", block, phases, pairs);
      EXPECT_TRUE(misses.empty()) << "block " << block << ", " << phases << " barriers: missed"
                                  << print(misses) << " of " << pairs.size();
      std::printf("  block %4u, %d barriers: %zu of %zu\n", block, phases,
                  pairs.size() - misses.size(), pairs.size());
    }
  }
}

TEST_F(TsanSweep, GlobalMemoryToo) {
  for (const int phases : {0, 1, 4}) {
    EXPECT_EQ(print(missed({}, "global_race", 128, phases, sample_pairs(128, 24))), "");
  }
}

// Above 255 threads TSan's slots are shared: two threads on one slot look like one thread.
TEST_F(TsanSweep, LargeBlocksMissOnlySharedSlotsAndTwoShuffledSchedulesMissNothing) {
  constexpr std::array<std::pair<unsigned, std::size_t>, 3> kSizes{
      {{256, 42}, {512, 84}, {1024, 120}}};
  for (const auto& [block, limit] : kSizes) {
    const std::vector<Pair> pairs = sample_pairs(block, limit);
    for (const int phases : {0, 1, 4}) {
      const std::vector<Pair> ascending = missed({}, "shared_race", block, phases, pairs);
      for (const auto& [writer, reader] : ascending) {
        // 255 slots, and the host's own may shift the count by one.
        const unsigned apart = (writer > reader ? writer - reader : reader - writer) % 255;
        EXPECT_TRUE(apart <= 1 || apart == 254)
            << "block " << block << ", " << phases << " barriers: missed (" << writer << ","
            << reader << ")";
      }
      const std::vector<Pair> once =
          missed({cpu::ThreadOrder::seeded, 1, 1}, "shared_race", block, phases, pairs);
      const std::vector<Pair> twice =
          missed({cpu::ThreadOrder::seeded, 2, 1}, "shared_race", block, phases, once);
      EXPECT_EQ(print(twice), "") << "block " << block << ", " << phases << " barriers";
      std::printf("  block %4u, %d barriers: ascending %zu, one shuffled %zu, two %zu of %zu\n",
                  block, phases, pairs.size() - ascending.size(), pairs.size() - once.size(),
                  pairs.size() - twice.size(), pairs.size());
    }
  }
}

// TSan's clocks run out after about 340 such launches, unless the executor resets them in time.
TEST_F(TsanSweep, LaterLaunchesOfAProcessMissNothing) {
  int reported = 0;
  for (int i = 0; i < 450; ++i) {
    reported += is_reported({}, "shared_race", {1, 1, 1}, 1024, 1, {0, 1000}) ? 1 : 0;
  }
  EXPECT_EQ(reported, 450);
}

TEST_F(TsanSweep, HandoverIsNoRace) {
  for (const unsigned block : {64U, 255U, 1024U}) {
    for (const int phases : {0, 1, 4}) {
      for (const Pair& pair : sample_pairs(block, 8)) {
        EXPECT_FALSE(is_reported({}, "shared_handover", {1, 1, 1}, block, phases, pair))
            << block << " " << pair.first << " " << pair.second;
      }
    }
  }
}

class TsanIntra : public testing::Test {
 protected:
  void SetUp() override {
    if (!cpu::is_tsan_intra()) GTEST_SKIP() << "not a tsan-intra build";
    p_.in = in_.data();
    p_.out = out_.data();
    p_.n = 128;
  }
  std::vector<float> in_ = std::vector<float>(256, 1.0f);
  std::vector<float> out_ = std::vector<float>(256);
  Params p_;
};

TEST_F(TsanIntra, MissingBarrierOfATreeReduction) {
  for (const Configuration& configuration : all_configurations()) {
    const Outcome outcome = run(configuration, "unordered_reduction", {1, 1, 1}, {128, 1, 1}, p_);
    ASSERT_GT(count(outcome, "tsan: data race"), 0U);
    EXPECT_NE(outcome.reports[0].find("UnorderedReduction::kernel"), std::string::npos)
        << outcome.reports[0];
    EXPECT_NE(outcome.reports[0].find("executor/faulty.kernel.h:"), std::string::npos)
        << outcome.reports[0];
    EXPECT_NE(outcome.reports[0].find("kernel unordered_reduction, block (0,0,0), thread ("),
              std::string::npos)
        << outcome.reports[0];
    EXPECT_NE(outcome.reports[0].find(" by thread ("), std::string::npos) << outcome.reports[0];
    EXPECT_EQ(outcome.reports[0].find(" by thread T"), std::string::npos) << outcome.reports[0];
  }
}

TEST_F(TsanIntra, ThreadsThatNeverWait) {
  for (const Configuration& configuration : all_configurations()) {
    const auto word = std::make_unique<int>(0);
    p_.counters = word.get();
    // Every write races with the one before, but a report makes TSan forget the word.
    EXPECT_EQ(
        count(run(configuration, "write_write_race", {1, 1, 1}, {32, 1, 1}, p_), "tsan: data race"),
        16U);
  }
}

TEST_F(TsanIntra, AShuffleIsNoBarrier) {
  for (const Configuration& configuration : all_configurations()) {
    EXPECT_GT(count(run(configuration, "shuffle_is_no_barrier", {1, 1, 1}, {64, 1, 1}, p_),
                    "tsan: data race"),
              0U);
  }
}

TEST_F(TsanIntra, WarpBarriersOfHalvesDoNotOrderTheHalves) {
  for (Configuration configuration : all_configurations()) {
    configuration.options.max_reports = 100;
    // 64 lanes make 32 pairs, and each pair races.
    EXPECT_GE(count(run(configuration, "half_warp_barriers", {1, 1, 1}, {64, 1, 1}, p_),
                    "tsan: data race"),
              32U);
  }
}

TEST_F(TsanIntra, IsSilentAboutRacesBetweenBlocks) {
  // They are the other mode's; if this changes, the documentation must.
  EXPECT_FALSE(is_reported({}, "block_race", {8, 1, 1}, 64, 0, {1, 5}));
}

class TsanInter : public testing::Test {
 protected:
  void SetUp() override {
    if (!cpu::is_tsan_inter()) GTEST_SKIP() << "not a tsan-inter build";
  }
};

TEST_F(TsanInter, EveryPairOfBlocks) {
  for (const unsigned blocks : {2U, 8U, 50U, 200U}) {
    for (const unsigned block : {32U, 128U, 256U, 1024U}) {
      std::vector<Pair> pairs = sample_pairs(blocks, blocks == 2 ? 2 : 12);
      // Grids of more than 20000 threads take seconds each: a few pairs must do.
      if (blocks * block > 20000) {
        cpu::Random random(blocks);
        cpu::shuffle(pairs, random);
        pairs.resize(6);
      }
      std::size_t reported = 0;
      for (const Pair& pair : pairs) {
        const bool found = is_reported({}, "block_race", {blocks, 1, 1}, block, 0, pair);
        EXPECT_TRUE(found) << blocks << " blocks of " << block << ": (" << pair.first << ","
                           << pair.second << ")";
        reported += found;
      }
      std::printf("  %3u blocks of %4u: %zu of %zu\n", blocks, block, reported, pairs.size());
    }
  }
}

TEST_F(TsanInter, NamesBothBlocks) {
  int word = 0;
  Params p;
  p.counters = &word;
  p.writer = 1;
  p.reader = 5;
  std::vector<float> out(8 * 64);
  p.out = out.data();
  const Outcome outcome = run({}, "block_race", {8, 1, 1}, {64, 1, 1}, p);
  ASSERT_EQ(count(outcome, "tsan: data race"), 1U) << print(outcome);
  for (const char* part : {": Read of size 4 at ", " by block (5,0,0) at ",
                           ": Previous write of size 4 at ", " by block (1,0,0) at "}) {
    EXPECT_NE(outcome.reports[0].find(part), std::string::npos) << part << '\n' << print(outcome);
  }
}

TEST_F(TsanInter, EveryOrderOfBlocks) {
  for (const auto order : {cpu::ThreadOrder::descending, cpu::ThreadOrder::seeded}) {
    for (const Pair& pair : sample_pairs(40, 24)) {
      EXPECT_TRUE(is_reported({order, 3, 1}, "block_race", {40, 1, 1}, 64, 0, pair));
    }
  }
}

TEST_F(TsanInter, LastBlockWithoutFences) {
  std::vector<float> in(9 * 64, 1.0f);
  for (const Configuration& configuration : all_configurations()) {
    std::vector<float> out(10);
    int counter = 0;
    Params p;
    p.in = in.data();
    p.out = out.data();
    p.counters = &counter;
    p.n = static_cast<std::int64_t>(in.size());
    EXPECT_GT(count(run(configuration, "last_block_unfenced", {9, 1, 1}, {64, 1, 1}, p),
                    "tsan: data race"),
              0U);
  }
}

TEST_F(TsanInter, IsSilentAboutRacesInsideABlock) {
  // They are the other mode's; if this changes, the documentation must.
  EXPECT_FALSE(is_reported({}, "shared_race", {1, 1, 1}, 64, 1, {3, 40}));
}

}  // namespace
}  // namespace mlacheck::executor_test
