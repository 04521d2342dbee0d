#include "harness/core/verdict.hpp"

#include <gtest/gtest.h>

namespace mlacheck {
namespace {

Evidence good() {
  Evidence evidence;
  evidence.executed = true;
  evidence.receipt = true;
  evidence.compared = 1;
  return evidence;
}

TEST(Verdict, StartsUntested) { EXPECT_EQ(decide(Evidence{}), Verdict::untested); }

TEST(Verdict, PassIsEarned) {
  EXPECT_EQ(decide(good()), Verdict::passed);
  Evidence no_receipt = good();
  no_receipt.receipt = false;
  EXPECT_EQ(decide(no_receipt), Verdict::mistrusted);
  Evidence not_run = good();
  not_run.executed = false;
  EXPECT_EQ(decide(not_run), Verdict::untested);
}

TEST(Verdict, TrustFindingsNeverOutrankRealOnes) {
  Evidence evidence = good();
  evidence.findings.push_back({Check::trust, "constant"});
  EXPECT_EQ(decide(evidence), Verdict::mistrusted);
  evidence.findings.push_back({Check::canary, "gap"});
  EXPECT_EQ(decide(evidence), Verdict::failed);
}

TEST(Verdict, ErrorAndSkipComeFirst) {
  Evidence evidence = good();
  evidence.findings.push_back({Check::shapes, "wrong"});
  evidence.skip_reason = "no device";
  EXPECT_EQ(decide(evidence), Verdict::skipped);
  evidence.harness_error = "out of memory";
  EXPECT_EQ(decide(evidence), Verdict::error);
}

TEST(Tally, AddsUpAndNeverCallsNothingAPass) {
  Tally tally;
  EXPECT_EQ(tally.overall(), Verdict::untested);
  EXPECT_EQ(exit_code(tally), kExitFailed);
  tally.add(Verdict::skipped);
  EXPECT_EQ(tally.overall(), Verdict::skipped);
  EXPECT_EQ(exit_code(tally), kExitSkipped);
  tally.add(Verdict::passed);
  EXPECT_EQ(exit_code(tally), kExitPassed);
  tally.add(Verdict::mistrusted);
  EXPECT_EQ(exit_code(tally), kExitFailed);
  tally.add(Verdict::error);
  EXPECT_EQ(exit_code(tally), kExitError);
  EXPECT_EQ(tally.total(), 4);
}

TEST(Tally, EveryBadVerdictFails) {
  for (const Verdict verdict : {Verdict::untested, Verdict::mistrusted, Verdict::failed,
                                Verdict::crashed, Verdict::timed_out}) {
    Tally tally;
    tally.add(Verdict::passed);
    tally.add(verdict);
    EXPECT_EQ(exit_code(tally), kExitFailed) << name_of(verdict);
  }
}

}  // namespace
}  // namespace mlacheck
