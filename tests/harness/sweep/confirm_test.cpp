// Failing cases that need others before them, by a runner that is a list of rules.
#include "harness/sweep/confirm.hpp"

#include <gtest/gtest.h>

#include "harness/subjects/ops.hpp"

namespace mlacheck {
namespace {

Case numbered(std::int64_t number) {
  return Case(find_op("strided_bmm")->model->schema()).set("T", number);
}

// Fails if `fails` says so of the numbers of a whole sequence, the failing case being number 9.
struct Runner {
  std::function<bool(const std::vector<std::int64_t>&)> fails;
  int runs = 0;

  Confirmation confirm(const std::vector<Case>& earlier) {
    return mlacheck::confirm(
        numbered(9), earlier,
        [this](const std::vector<Case>& sequence) {
          ++runs;
          std::vector<std::int64_t> numbers;
          for (const Case& c : sequence) numbers.push_back(c.integer("T"));
          EXPECT_EQ(numbers.back(), 9);
          CaseResult result;
          if (fails(numbers)) result.evidence.findings.push_back({Check::history, "stale"});
          return result;
        },
        [](const CaseResult& result) { return !result.evidence.findings.empty(); });
  }
};

TEST(Confirm, ACaseThatFailsByItselfNeedsNoOther) {
  Runner runner{[](const auto&) { return true; }};
  const Confirmation confirmation = runner.confirm({numbered(1), numbered(2)});
  ASSERT_TRUE(confirmation.result.has_value());
  EXPECT_TRUE(confirmation.after.empty());
  EXPECT_EQ(runner.runs, 1);
}

TEST(Confirm, TheLatestCaseThatSufficesIsNamed) {
  Runner runner{[](const auto& numbers) { return numbers.front() <= 2; }};
  const Confirmation confirmation = runner.confirm({numbered(1), numbered(2), numbered(3)});
  ASSERT_TRUE(confirmation.result.has_value());
  ASSERT_EQ(confirmation.after.size(), 1U);
  EXPECT_EQ(confirmation.after.front().integer("T"), 2);
}

TEST(Confirm, SeveralCasesMayBeNeeded) {
  Runner runner{[](const auto& numbers) { return numbers.size() == 4; }};
  const Confirmation confirmation = runner.confirm({numbered(1), numbered(2), numbered(3)});
  ASSERT_TRUE(confirmation.result.has_value());
  ASSERT_EQ(confirmation.after.size(), 3U);
  EXPECT_EQ(confirmation.after.front().integer("T"), 1) << "in the order in which they ran";
}

TEST(Confirm, WhatNeverComesBackIsSaidToBeSo) {
  Runner runner{[](const auto&) { return false; }};
  EXPECT_FALSE(runner.confirm({numbered(1), numbered(2)}).result.has_value());
  EXPECT_EQ(runner.runs, 4);
}

}  // namespace
}  // namespace mlacheck
