#include "harness/sweep/known.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace mlacheck {
namespace {

Row row() {
  Row row;
  row.op = find_op("merge_states");
  row.subject.variant = "mine";
  return row;
}

CaseResult failed(const std::vector<Finding>& findings) {
  CaseResult result;
  result.evidence.executed = result.evidence.receipt = true;
  result.evidence.compared = 1;
  result.evidence.findings = findings;
  result.verdict = decide(result.evidence);
  return result;
}

const Finding kValue{Check::edge, "wrong", "out", "value"};
const Finding kPage{Check::guard, "beside", "", "page"};

TEST(Known, AFindingThatIsKnownFailsNothing) {
  const auto known = known_findings("f", {"merge_states mine K7 out value # NaN", "* * K6 - page"});
  std::vector<std::int64_t> met(2);
  CaseResult result = failed({kValue});
  ASSERT_EQ(result.verdict, Verdict::failed);
  forgive(result, row(), known, met);
  EXPECT_EQ(result.verdict, Verdict::passed);
  EXPECT_EQ(met, (std::vector<std::int64_t>{1, 0}));
  EXPECT_EQ(known.front().reason, "NaN");

  result = failed({kValue, kPage, kValue});
  forgive(result, row(), known, met);
  EXPECT_EQ(result.verdict, Verdict::passed);
  EXPECT_EQ(met, (std::vector<std::int64_t>{2, 1})) << "a case counts once";
}

TEST(Known, EveryWordOfTheEntryCounts) {
  for (const std::string_view other :
       {"mla_decode mine K7 out value", "merge_states other K7 out value",
        "merge_states mine K1 out value", "merge_states mine K7 lse_out value",
        "merge_states mine K7 out unwritten", "merge_states mine K7 - value"}) {
    const auto known = known_findings("f", {other});
    std::vector<std::int64_t> met(1);
    CaseResult result = failed({kValue});
    forgive(result, row(), known, met);
    EXPECT_EQ(result.verdict, Verdict::failed) << other;
    EXPECT_EQ(met.front(), 0) << other;
  }
}

TEST(Known, ACrashIsNoFinding) {
  const auto known = known_findings("f", {"* * * * *", "* * * - back red zone"});
  EXPECT_EQ(known.back().kind, "back red zone");
  std::vector<std::int64_t> met(2);
  CaseResult result = failed({kValue});
  result.evidence.crash = "SIGSEGV";
  result.verdict = decide(result.evidence);
  forgive(result, row(), known, met);
  EXPECT_EQ(result.verdict, Verdict::crashed);
}

TEST(Known, WhatAFindingIsKnownAsMatchesIt) {
  for (const Finding& finding : {kValue, kPage}) {
    const std::string entry = "merge_states mine " + known_as(finding);
    EXPECT_TRUE(known_findings("f", {entry}).front().matches(finding)) << entry;
  }
}

TEST(Known, BadLinesAreNamed) {
  const auto refusal = [](std::string_view line) -> std::string {
    try {
      known_findings("known.txt", {"# a comment", "", line});
    } catch (const std::invalid_argument& refused) {
      return refused.what();
    }
    return "accepted";
  };
  EXPECT_NE(
      refusal("merge_states mine K7 out").find("known.txt:3: 'merge_states mine K7 out', expected"),
      std::string::npos);
  EXPECT_NE(refusal("merge_state mine K7 out value").find("did you mean 'merge_states'"),
            std::string::npos);
  EXPECT_NE(refusal("merge_states mine K99 out value").find("check 'K99'"), std::string::npos);
}

}  // namespace
}  // namespace mlacheck
