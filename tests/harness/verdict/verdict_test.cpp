#include "harness/verdict/verdict.hpp"

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

TEST(Verdict, AFindingOutranksASkipAndAnError) {
  Evidence evidence = good();
  evidence.skip_reason = "no device";
  EXPECT_EQ(decide(evidence), Verdict::skipped);
  evidence.harness_error = "out of memory";
  EXPECT_EQ(decide(evidence), Verdict::error);
  evidence.findings.push_back({Check::trust, "constant"});
  EXPECT_EQ(decide(evidence), Verdict::error) << "mistrust is no finding of a defect";
  evidence.findings.push_back({Check::shapes, "wrong"});
  EXPECT_EQ(decide(evidence), Verdict::failed);
}

TEST(Verdict, AProcessThatEndedCannotBeBelievedAboutAnythingElse) {
  Evidence evidence = good();
  evidence.findings.push_back({Check::shapes, "wrong"});
  evidence.timeout = "no answer";
  EXPECT_EQ(decide(evidence), Verdict::timed_out);
  evidence.crash = "killed by SIGSEGV";
  EXPECT_EQ(decide(evidence), Verdict::crashed);
}

TEST(Verdict, ALeftOutCheckIsNoFindingAndNoSkip) {
  Evidence evidence = good();
  evidence.left_out.push_back({Check::layout, "declined"});
  EXPECT_EQ(decide(evidence), Verdict::passed);
}

TEST(Target, FindingsOfOneCheckAreOneFailureUnlessItMustBeExact) {
  const Finding wrong(Check::edge, "text", "out", "value");
  const Target loose{signature_of(Finding(Check::shapes, "", "out", "value")), false};
  EXPECT_TRUE(loose.met_by(wrong)) << "K7 is K1 on special values";
  EXPECT_TRUE(loose.met_by(Finding(Check::shapes, "", "lse", "unwritten")));
  EXPECT_FALSE(loose.met_by(Finding(Check::layout, "", "out", "value")));
  const Target exact{loose.signature, true};
  EXPECT_TRUE(exact.met_by(wrong));
  EXPECT_FALSE(exact.met_by(Finding(Check::shapes, "", "lse", "value")));
  EXPECT_FALSE(exact.met_by(Finding(Check::shapes, "", "out", "unwritten")));
}

TEST(Target, KindsOfK16HaveNothingInCommon) {
  const Target refused{{Check::liveness, "", "refused"}, false};
  EXPECT_TRUE(refused.met_by(Finding(Check::liveness, "another text", "", "refused")));
  for (const char* other : {"fault", "launch", "compile error", "memory", "receipt", "threw"}) {
    EXPECT_FALSE(refused.met_by(Finding(Check::liveness, "", "", other))) << other;
  }
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
