// K20 against subjects that handle a denial wrongly in one way each.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "harness/backends/cpu/sanitizers/sanitizer.hpp"
#include "tests/support/case_results.hpp"
#include "tests/support/toy_case.hpp"

namespace mlacheck {
namespace {

using testing_support::has;
using testing_support::texts;
using toy::try_subject;

bool carried_out(const CaseResult& result) {
  return std::find(result.checks.begin(), result.checks.end(), Check::failure) !=
         result.checks.end();
}

bool left_out(const CaseResult& result) {
  const auto& all = result.evidence.left_out;
  return std::any_of(all.begin(), all.end(),
                     [](const LeftOut& left) { return left.check == Check::failure; });
}

Status no_memory() { return {StatusCode::out_of_memory, "no scratch"}; }

// Two buffers, and one launch that asks.
Status conforming(const Call& call, LaunchContext& context) {
  const Tensor first = context.allocate("first", DType::f32, {3});
  if (first.data == nullptr) return no_memory();
  if (context.allocate("second", DType::f32, {0, 7}).data != nullptr) return no_memory();
  if (context.allocate("third", DType::u8, {5}).data == nullptr) return no_memory();
  if (Status status = context.record({"toy", {1, 1, 1}, {1, 1, 1}, 0}); !status.ok()) return status;
  ++*context.receipt_counter();
  const Tensor& x = call.tensor("x");
  for (std::int64_t i = 0; i < x.shape[0]; ++i) {
    toy::put(call.tensor("y"), i, 2 * x.as<float>()[i * x.stride[0]]);
  }
  return {};
}

TEST(Failures, WhoReportsThemPasses) {
  const CaseResult result = try_subject(conforming);
  EXPECT_EQ(result.verdict, Verdict::passed) << texts(result);
  EXPECT_TRUE(carried_out(result));
  EXPECT_FALSE(left_out(result));
}

TEST(Failures, WhoDoesWithoutTheMemoryPasses) {
  const CaseResult result = try_subject([](const Call& call, LaunchContext& context) {
    static_cast<void>(context.allocate("cache", DType::f32, {3}));
    return toy::run(call, context);
  });
  EXPECT_EQ(result.verdict, Verdict::passed) << texts(result);
  EXPECT_TRUE(carried_out(result));
}

TEST(Failures, WhoLaunchesAllTheSameIsLeftOut) {
  const CaseResult result = try_subject(toy::run);
  EXPECT_EQ(result.verdict, Verdict::passed) << texts(result);
  EXPECT_FALSE(carried_out(result));
  EXPECT_TRUE(left_out(result));
}

TEST(Failures, AnOkWithoutAResultIsCaught) {
  const CaseResult result = try_subject([](const Call& call, LaunchContext& context) -> Status {
    if (context.allocate("scratch", DType::f32, {3}).data == nullptr) return {};
    return toy::run(call, context);
  });
  EXPECT_TRUE(has(result, Check::failure)) << texts(result);
  EXPECT_NE(texts(result).find("allocation 1 denied, which it did not report"), std::string::npos)
      << texts(result);
}

TEST(Failures, ALaunchWhoseStatusNobodyReadsIsCaught) {
  const CaseResult result = try_subject([](const Call& call, LaunchContext& context) -> Status {
    static_cast<void>(conforming(call, context));
    return {};
  });
  EXPECT_TRUE(has(result, Check::failure)) << texts(result);
}

TEST(Failures, AnotherCodeIsCaught) {
  for (const StatusCode code : {StatusCode::unsupported, StatusCode::invalid_argument,
                                StatusCode::launch_failed, StatusCode::compile_failed}) {
    const CaseResult result = try_subject([code](const Call& call, LaunchContext& context) {
      if (context.allocate("scratch", DType::f32, {3}).data == nullptr) return Status(code, "no");
      return toy::run(call, context);
    });
    EXPECT_EQ(result.verdict, Verdict::failed);
    EXPECT_TRUE(has(result, Check::failure)) << texts(result);
    EXPECT_NE(texts(result).find("where out_of_memory is expected"), std::string::npos);
  }
}

TEST(Failures, EachRequestIsDeniedInItsTurn) {
  const CaseResult result = try_subject([](const Call& call, LaunchContext& context) -> Status {
    if (context.allocate("first", DType::f32, {3}).data == nullptr) return no_memory();
    if (context.allocate("second", DType::f32, {3}).data == nullptr) return no_memory();
    if (context.allocate("third", DType::f32, {3}).data == nullptr) return {};
    return toy::run(call, context);
  });
  EXPECT_TRUE(has(result, Check::failure)) << texts(result);
  EXPECT_NE(texts(result).find("allocation 3 denied"), std::string::npos) << texts(result);
}

TEST(Failures, AWriteOutsideTheOutputsIsCaught) {
  const CaseResult result = try_subject([](const Call& call, LaunchContext& context) -> Status {
    if (context.allocate("scratch", DType::f32, {3}).data != nullptr)
      return toy::run(call, context);
    const_cast<float*>(call.tensor("x").as<float>())[0] = 1;
    return no_memory();
  });
  EXPECT_TRUE(has(result, Check::canary)) << texts(result);
  EXPECT_NE(texts(result).find("allocation 1 denied"), std::string::npos) << texts(result);
}

TEST(Failures, ALeakOnTheWayOutIsCaught) {
  if (cpu::is_asan() || cpu::is_msan() || cpu::is_tsan()) {
    GTEST_SKIP() << "a sanitizer's allocator does not tell what is in use";
  }
  static std::vector<int*> lost;  // kept, so that no other tool complains
  const CaseResult result = try_subject([](const Call& call, LaunchContext& context) -> Status {
    if (context.allocate("scratch", DType::f32, {3}).data != nullptr)
      return toy::run(call, context);
    if (lost.capacity() < 4096) lost.reserve(4096);
    lost.push_back(new int[100]);
    return no_memory();
  });
  EXPECT_TRUE(has(result, Check::failure)) << texts(result);
  EXPECT_NE(texts(result).find("leaves memory on the heap"), std::string::npos) << texts(result);
  for (const int* const memory : lost) delete[] memory;
}

TEST(Failures, WhatAFailedCallLeavesBehindIsCaught) {
  bool prepared = false;
  const CaseResult result = try_subject([&](const Call& call, LaunchContext& context) -> Status {
    const bool again = std::exchange(prepared, true);
    if (context.allocate("table", DType::f32, {3}).data == nullptr) return no_memory();
    prepared = false;
    if (!again) return conforming(call, context);
    toy::leave_receipt(context);
    for (std::int64_t i = 0; i < call.tensor("y").shape[0]; ++i) toy::put(call.tensor("y"), i, 0);
    return {};
  });
  EXPECT_TRUE(has(result, Check::failure)) << texts(result);
  EXPECT_NE(texts(result).find("after a call with allocation 1 denied"), std::string::npos)
      << texts(result);
}

}  // namespace
}  // namespace mlacheck
