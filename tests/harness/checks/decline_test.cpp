// A subject may decline a case. Its declining hides no finding.
#include <gtest/gtest.h>

#include <algorithm>

#include "harness/sweep/battery.hpp"
#include "tests/support/faulty_backend.hpp"
#include "tests/support/toy_op.hpp"

namespace mlacheck {
namespace {

constexpr std::int64_t kOwnStep = 3;  // the twin has another one

const toy::Model kModel;
const toy::Doubled kOracle;

CaseResult battery_of(const std::function<Status(const Call&, LaunchContext&)>& run,
                      Backend& backend) {
  Subject subject;
  subject.variant = "tried";
  subject.run = run;
  subject.conventions.refuses_overlap = false;
  Case c(kModel.schema());
  c.set("n", 5).set("step", kOwnStep);
  return run_case({&kModel, &kOracle}, c, subject, nullptr, backend);
}

CaseResult battery_of(const std::function<Status(const Call&, LaunchContext&)>& run) {
  return battery_of(run, *make_cpu_backend(32));
}

bool declines(const Call& call) { return call.tensor("y").stride[0] != kOwnStep; }

Status declined() { return {StatusCode::unsupported, "only stride 3"}; }

Status wrong(const Call& call, LaunchContext& context) {
  const Status status = toy::run(call, context);
  const Tensor& y = call.tensor("y");
  for (std::int64_t i = 0; i < y.shape[0]; ++i) toy::put(y, i, -1);
  return status;
}

bool has(const CaseResult& result, Check check, const std::string& kind) {
  const auto& findings = result.evidence.findings;
  return std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) {
    return finding.check == check && finding.kind == kind;
  });
}

TEST(Decline, OfTheFirstRunSkipsTheCase) {
  const CaseResult result =
      battery_of([](const Call&, LaunchContext&) -> Status { return declined(); });
  EXPECT_EQ(result.verdict, Verdict::skipped);
  EXPECT_EQ(result.evidence.skip_reason, "only stride 3");
  EXPECT_TRUE(result.evidence.left_out.empty());
}

TEST(Decline, OfTheTwinHidesNoFinding) {
  const CaseResult result = battery_of([](const Call& call, LaunchContext& context) -> Status {
    return declines(call) ? declined() : wrong(call, context);
  });
  EXPECT_EQ(result.verdict, Verdict::failed);
  EXPECT_TRUE(has(result, Check::shapes, "value"));
  EXPECT_TRUE(result.evidence.skip_reason.empty());
}

TEST(Decline, OfTheTwinLeavesThatCheckOutAndNoOther) {
  const CaseResult result = battery_of([](const Call& call, LaunchContext& context) -> Status {
    return declines(call) ? declined() : toy::run(call, context);
  });
  EXPECT_EQ(result.verdict, Verdict::passed);
  const auto was = [&](Check check) {
    return std::find(result.checks.begin(), result.checks.end(), check) != result.checks.end();
  };
  EXPECT_FALSE(was(Check::layout));
  for (const Check check : {Check::shapes, Check::poison, Check::canary, Check::repeat}) {
    EXPECT_TRUE(was(check)) << name_of(check);
  }
  const auto& left_out = result.evidence.left_out;
  EXPECT_NE(std::find(left_out.begin(), left_out.end(), LeftOut{Check::layout, "only stride 3"}),
            left_out.end());
}

// Else a subject that takes its first call only would pass with nearly all checks left out.
TEST(Decline, OfACallThatWasTakenBeforeIsAFinding) {
  // The calls of the case itself, counted: the other poison, another order of threads, after others.
  for (const int takes : {1, 2, 3, 6}) {
    int calls = 0;
    const CaseResult result = battery_of([&](const Call& call, LaunchContext& context) -> Status {
      return !declines(call) && ++calls > takes ? declined() : toy::run(call, context);
    });
    EXPECT_EQ(result.verdict, Verdict::failed) << takes;
    EXPECT_TRUE(has(result, Check::liveness, "declined")) << takes;
  }
}

TEST(Decline, AfterWritingWhereItMustNotIsNoSkip) {
  const CaseResult result = battery_of([](const Call& call, LaunchContext&) -> Status {
    const Tensor& y = call.tensor("y");
    y.as<float>()[-1] = 1;
    return declined();
  });
  EXPECT_EQ(result.verdict, Verdict::failed);
  EXPECT_TRUE(has(result, Check::canary, "front red zone"));
}

TEST(Decline, AfterWritingItsOutputsIsNoSkip) {
  const CaseResult result = battery_of([](const Call& call, LaunchContext&) -> Status {
    toy::put(call.tensor("y"), 2, 1);
    return declined();
  });
  EXPECT_EQ(result.verdict, Verdict::failed);
  EXPECT_TRUE(has(result, Check::canary, "written"));
  const CaseResult twin = battery_of([](const Call& call, LaunchContext& context) -> Status {
    if (!declines(call)) return toy::run(call, context);
    toy::put(call.tensor("y"), 2, 1);
    return declined();
  });
  EXPECT_EQ(twin.verdict, Verdict::failed) << "in a derived run as well";
}

TEST(Fault, InADerivedRunIsAFailureAndNoErrorOfTheHarness) {
  // The first runs are fine; the device fails in a later one, and every copy after it.
  for (const int fails_at : {2, 3, 4}) {
    FaultyBackend backend(fails_at);
    const CaseResult result = battery_of(&toy::run, backend);
    EXPECT_EQ(result.verdict, Verdict::failed) << fails_at;
    EXPECT_TRUE(has(result, Check::liveness, "fault")) << fails_at;
    EXPECT_EQ(result.evidence.harness_error, "") << fails_at;
    EXPECT_EQ(result.evidence.findings.size(), 1U) << "nothing is run on a device that failed";
  }
}

TEST(Fault, IsToldApartFromOtherEndsOfACall) {
  const auto kind_of = [](const Status& status) {
    const CaseResult result =
        battery_of([&](const Call&, LaunchContext&) -> Status { return status; });
    EXPECT_EQ(result.verdict, Verdict::failed);
    return result.evidence.findings.empty() ? "" : result.evidence.findings.front().kind;
  };
  EXPECT_EQ(kind_of(Status::invalid("x", "1", "2 is expected")), "refused");
  EXPECT_EQ(kind_of({StatusCode::launch_failed, "too many threads"}), "launch");
  EXPECT_EQ(kind_of({StatusCode::compile_failed, "no such intrinsic"}), "compile error");
  EXPECT_EQ(kind_of({StatusCode::out_of_memory, "no scratch"}), "memory");
}

}  // namespace
}  // namespace mlacheck
