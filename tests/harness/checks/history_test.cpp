// K8 against subjects that keep something from one call to the next.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "harness/backends/cpu/sanitizers/report_capture.hpp"
#include "harness/device/cpu/launch_plan.h"
#include "tests/support/case_results.hpp"
#include "tests/support/toy_case.hpp"

namespace mlacheck {
namespace {

using testing_support::has;
using testing_support::texts;

CaseResult try_unit(const std::function<Status(const Call&, LaunchContext&)>& run,
                    const char* unit) {
  return toy::try_subject(run, {.options = {.thorough = true, .only_unit = unit}});
}

bool left_out_because(const CaseResult& result, const std::string& part) {
  const auto& all = result.evidence.left_out;
  return std::any_of(all.begin(), all.end(), [&](const LeftOut& left) {
    return left.check == Check::history && left.reason.find(part) != std::string::npos;
  });
}

float element(const Tensor& x, std::int64_t i) { return x.as<float>()[i * x.stride[0]]; }

// Writes twice what `x_of` gives.
Status doubled(const Call& call, LaunchContext& context,
               const std::function<float(std::int64_t)>& x_of) {
  toy::leave_receipt(context);
  const Tensor& y = call.tensor("y");
  for (std::int64_t i = 0; i < y.shape[0]; ++i) toy::put(y, i, 2 * x_of(i));
  return {};
}

// What the first call of these extents saw, whatever this one is given.
class FirstOfItsExtents {
 public:
  Status operator()(const Call& call, LaunchContext& context) {
    const Tensor& x = call.tensor("x");
    std::vector<float> now;
    for (std::int64_t i = 0; i < x.shape[0]; ++i) now.push_back(element(x, i));
    const std::vector<float>& kept = plans_.try_emplace(x.shape[0], now).first->second;
    return doubled(call, context,
                   [&](std::int64_t i) { return kept[static_cast<std::size_t>(i)]; });
  }

 private:
  std::map<std::int64_t, std::vector<float>> plans_;
};

TEST(History, APlanThatOutlivesItsStepIsCaughtByTheNextCase) {
  const CaseResult result = try_unit(FirstOfItsExtents(), "history");
  EXPECT_TRUE(has(result, Check::history)) << texts(result);
  EXPECT_NE(texts(result).find("another case is wrong after this one: toy("), std::string::npos)
      << texts(result);
}

// Trusts the address from the tenth call at it on.
class WarmsUp {
 public:
  Status operator()(const Call& call, LaunchContext& context) {
    const Tensor& x = call.tensor("x");
    calls_ = x.data == known_ ? calls_ + 1 : 1;
    known_ = x.data;
    if (calls_ < 10) kept_.clear();
    for (std::int64_t i = 0; calls_ < 10 && i < x.shape[0]; ++i) kept_.push_back(element(x, i));
    return doubled(call, context,
                   [&](std::int64_t i) { return kept_[static_cast<std::size_t>(i)]; });
  }

 private:
  const void* known_ = nullptr;
  int calls_ = 0;
  std::vector<float> kept_;
};

TEST(History, ContentsThatChangeInPlaceAreReadAnew) {
  const CaseResult result = try_unit(WarmsUp(), "in place");
  EXPECT_TRUE(has(result, Check::history)) << texts(result);
  EXPECT_NE(texts(result).find("in call 10 at the same addresses"), std::string::npos);
}

struct Params {
  const float* x;
  float* y;
  std::int64_t n;
  std::int64_t x_step;
  std::int64_t y_step;
  float first;  // as the host read it
};

void kernel(const void* params) {
  const Params& p = *static_cast<const Params*>(params);
  for (std::int64_t i = 0; i < p.n; ++i) {
    p.y[i * p.y_step] = 2 * (i == 0 ? p.first : p.x[i * p.x_step]);
    cpu::mark_initialized(p.y + i * p.y_step, sizeof(float));
  }
}

// Launches through the executor; element 0 comes from the host.
Status host_reads_first(const Call& call, LaunchContext& context) {
  const Tensor& x = call.tensor("x");
  const Tensor& y = call.tensor("y");
  const Params params{x.as<float>(), y.as<float>(), x.shape[0],
                      x.stride[0],   y.stride[0],   x.shape[0] > 0 ? element(x, 0) : 0};
  cpu::LaunchPlan plan;
  plan.record = {"doubled", {1, 1, 1}, {1, 1, 1}, 0};
  plan.warp_width = 32;
  plan.thread_main = &kernel;
  plan.params = &params;
  plan.params_bytes = sizeof params;
  return cpu::launch_grid(plan, context);
}

TEST(History, AValueOfTheCaptureIsCaughtByTheReplay) {
  const CaseResult result = try_unit(&host_reads_first, "replay");
  EXPECT_TRUE(has(result, Check::history)) << texts(result);
  EXPECT_NE(texts(result).find("captured for toy("), std::string::npos) << texts(result);
}

TEST(History, WhoLaunchesPastTheExecutorIsNotReplayed) {
  const CaseResult result = try_unit(&toy::run, "replay");
  EXPECT_TRUE(result.evidence.findings.empty()) << texts(result);
  EXPECT_TRUE(left_out_because(result, "captured 0 of 1")) << texts(result);
}

using Routine = std::function<Status(const Call&, LaunchContext&)>;

// Right, but for its second call, which is the captured one.
Routine wrong_when_captured(const Routine& right, const Routine& wrong) {
  return [=, calls = 0](const Call& call, LaunchContext& context) mutable {
    return ++calls == 2 ? wrong(call, context) : right(call, context);
  };
}

// A routine that works on the host and launches nothing.
Status on_the_host(const Call& call, LaunchContext&) {
  const Tensor& x = call.tensor("x");
  const Tensor& y = call.tensor("y");
  for (std::int64_t i = 0; i < y.shape[0]; ++i) toy::put(y, i, 2 * element(x, i));
  return {};
}

TEST(History, ACallThatFailsWhileItIsCapturedIsReported) {
  const auto fail = [](const Call& call, LaunchContext& context) -> Status {
    static_cast<void>(toy::run(call, context));
    return {StatusCode::launch_failed, "no captures here"};
  };
  for (const Routine& right :
       {Routine(&toy::run), Routine(&on_the_host), Routine(&host_reads_first)}) {
    const CaseResult result = try_unit(wrong_when_captured(right, fail), "replay");
    EXPECT_NE(texts(result).find("no captures here"), std::string::npos) << texts(result);
    EXPECT_TRUE(result.evidence.left_out.empty());
  }
}

TEST(History, WhatASanitizerSeesWhileACallIsCapturedIsReported) {
  if (!cpu::is_asan()) GTEST_SKIP() << "only a sanitizer's build has reports";
  for (const Routine& right :
       {Routine(&toy::run), Routine(&on_the_host), Routine(&host_reads_first)}) {
    const auto report = [right](const Call& call, LaunchContext& context) {
      cpu::adopt_reports({"a planted report"});
      return right(call, context);
    };
    const CaseResult result = try_unit(wrong_when_captured(right, report), "replay");
    EXPECT_TRUE(has(result, Check::sanitizer)) << texts(result);
    EXPECT_TRUE(result.evidence.left_out.empty());
  }
}

TEST(History, AnOverrunOfTheCapturedCallAloneIsReported) {
  for (const Routine& right :
       {Routine(&toy::run), Routine(&on_the_host), Routine(&host_reads_first)}) {
    const auto overrun = [right](const Call& call, LaunchContext& context) {
      const Tensor& y = call.tensor("y");
      *(y.as<float>() + y.shape[0] * y.stride[0]) = 7;
      return right(call, context);
    };
    const CaseResult result = try_unit(wrong_when_captured(right, overrun), "replay");
    EXPECT_TRUE(has(result, Check::canary)) << texts(result);
  }
}

TEST(History, AWorkingHostRoutineIsNotReplayed) {
  const CaseResult result = try_unit(&on_the_host, "replay");
  EXPECT_TRUE(result.evidence.findings.empty()) << texts(result);
}

TEST(History, WhoKeepsNothingPasses) {
  for (const char* const unit : {"history", "in place"}) {
    const CaseResult result = try_unit(&toy::run, unit);
    EXPECT_TRUE(result.evidence.findings.empty()) << texts(result);
    EXPECT_NE(std::find(result.checks.begin(), result.checks.end(), Check::history),
              result.checks.end());
  }
}

}  // namespace
}  // namespace mlacheck
