// Correct kernels give the right values and not a single report, in every build of this file.
#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "tests/executor/support.hpp"

namespace mlacheck::executor_test {
namespace {

class Correct : public testing::Test {
 protected:
  Correct() {
    for (std::size_t i = 0; i < in_.size(); ++i) in_[i] = static_cast<float>(i % 23);
  }

  // Small integers: every sum is exact, so the order of additions does not matter.
  float sum(std::size_t from, std::size_t to) const {
    to = std::min(to, in_.size());
    return std::accumulate(in_.begin() + static_cast<std::ptrdiff_t>(std::min(from, to)),
                           in_.begin() + static_cast<std::ptrdiff_t>(to), 0.0f);
  }

  Params params(std::vector<float>& out) const {
    Params p;
    p.in = in_.data();
    p.n = static_cast<std::int64_t>(in_.size());
    p.out = out.data();
    return p;
  }

  static void expect_clean(const Outcome& outcome, std::uint64_t blocks) {
    EXPECT_TRUE(outcome.status.ok() && outcome.findings.empty() && outcome.reports.empty())
        << print(outcome);
    EXPECT_EQ(outcome.receipt, blocks);
  }

  static constexpr unsigned kBlocks = 9;
  std::vector<float> in_ = std::vector<float>(std::size_t{kBlocks} * 128 - 50);
};

TEST_F(Correct, TreeReduction) {
  for (const Configuration& configuration : all_configurations()) {
    for (const unsigned block : {64U, 128U}) {
      std::vector<float> out(kBlocks, -1.0f);
      expect_clean(
          run(configuration, "tree_reduction", {kBlocks, 1, 1}, {block, 1, 1}, params(out)),
          kBlocks);
      for (std::size_t b = 0; b < out.size(); ++b) {
        EXPECT_EQ(out[b], sum(b * block, (b + 1) * block));
      }
    }
  }
}

TEST_F(Correct, TreeReductionOfLargeBlocks) {
  for (const Configuration& configuration : all_configurations()) {
    std::vector<float> out(2, -1.0f);
    expect_clean(run(configuration, "tree_reduction", {2, 1, 1}, {1024, 1, 1}, params(out)), 2);
    EXPECT_EQ(out[0], sum(0, 1024));
    EXPECT_EQ(out[1], sum(1024, 2048));
  }
}

TEST_F(Correct, WarpReduction) {
  for (const Configuration& configuration : all_configurations()) {
    std::vector<float> out(kBlocks, -1.0f);
    expect_clean(run(configuration, "warp_reduction", {kBlocks, 1, 1}, {128, 1, 1}, params(out)),
                 kBlocks);
    for (std::size_t b = 0; b < out.size(); ++b) EXPECT_EQ(out[b], sum(b * 128, (b + 1) * 128));
  }
}

TEST_F(Correct, Scan) {
  for (const Configuration& configuration : all_configurations()) {
    std::vector<float> out(in_.size(), -1.0f);
    expect_clean(run(configuration, "scan", {kBlocks, 1, 1}, {128, 1, 1}, params(out)), kBlocks);
    for (std::size_t i = 0; i < out.size(); ++i) {
      ASSERT_EQ(out[i], sum(i / 128 * 128, i + 1)) << i;
    }
  }
}

TEST_F(Correct, Transpose) {
  for (const Configuration& configuration : all_configurations()) {
    std::vector<float> out(32 * 32, -1.0f);
    Params p = params(out);
    p.n = 32;
    expect_clean(run(configuration, "transpose", {2, 2, 1}, {16, 8, 1}, p), 4);
    for (std::size_t row = 0; row < 32; ++row) {
      for (std::size_t column = 0; column < 32; ++column) {
        ASSERT_EQ(out[column * 32 + row], in_[row * 32 + column]);
      }
    }
  }
}

TEST_F(Correct, Histogram) {
  for (const Configuration& configuration : all_configurations()) {
    std::vector<float> out;
    std::vector<int> counters(16, 0);
    std::vector<int> expected(16, 0);
    for (const float value : in_) ++expected[static_cast<std::size_t>(value) % 16];
    Params p = params(out);
    p.counters = counters.data();
    expect_clean(run(configuration, "histogram", {kBlocks, 1, 1}, {128, 1, 1}, p), kBlocks);
    EXPECT_EQ(counters, expected);
  }
}

TEST_F(Correct, LastBlockReduction) {
  for (const Configuration& configuration : all_configurations()) {
    std::vector<float> out(kBlocks + 1, -1.0f);
    int counter = 0;
    Params p = params(out);
    p.counters = &counter;
    expect_clean(run(configuration, "last_block_reduction", {kBlocks, 1, 1}, {128, 1, 1}, p),
                 kBlocks);
    EXPECT_EQ(out[kBlocks], sum(0, in_.size()));
  }
}

TEST_F(Correct, WarpRotation) {
  for (const Configuration& configuration : all_configurations()) {
    std::vector<float> out(128, -1.0f);
    Params p = params(out);
    p.phases = 5;
    expect_clean(run(configuration, "warp_rotation", {1, 1, 1}, {128, 1, 1}, p), 1);
    std::vector<float> expected(in_.begin(), in_.begin() + 128);
    for (int step = 0; step < p.phases; ++step) {
      const auto group = static_cast<std::size_t>(step % 2 == 0 ? configuration.warp_width
                                                                : configuration.warp_width / 2);
      std::vector<float> next(128);
      for (std::size_t i = 0; i < 128; ++i) {
        next[i] = expected[i / group * group + (i + 1) % group];
      }
      expected = next;
    }
    EXPECT_EQ(out, expected);
  }
}

TEST_F(Correct, DynamicReverse) {
  for (const Configuration& configuration : all_configurations()) {
    std::vector<float> out(256, -1.0f);
    expect_clean(run(configuration, "dynamic_reverse", {2, 1, 1}, {128, 1, 1}, params(out),
                     128 * sizeof(float)),
                 2);
    for (std::size_t i = 0; i < 256; ++i) EXPECT_EQ(out[i], in_[i / 128 * 128 + 127 - i % 128]);
  }
}

TEST_F(Correct, HandoverAcrossOneBarrier) {
  for (const Configuration& configuration : all_configurations()) {
    for (const int phases : {0, 1, 4}) {
      for (const unsigned other : {1U, 31U, 63U, 127U}) {
        std::vector<float> out(1, -1.0f);
        Params p = params(out);
        p.phases = phases;
        p.writer = other;
        expect_clean(run(configuration, "shared_handover", {1, 1, 1}, {128, 1, 1}, p), 1);
        EXPECT_EQ(out[0], 1.0f);
      }
    }
  }
}

}  // namespace
}  // namespace mlacheck::executor_test
