// The battery against subjects that are wrong in one way each.
#include "harness/sweep/battery.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "harness/backends/cpu/backend_cpu.hpp"
#include "harness/backends/cpu/executor.hpp"
#include "harness/backends/cpu/sanitizers/sanitizer.hpp"
#include "tests/support/case_results.hpp"
#include "tests/support/toy_case.hpp"
#include "tests/support/toy_op.hpp"

namespace mlacheck {
namespace {

using testing_support::has;
using testing_support::texts;

using toy::fill_with;
using toy::run_and;

// As in a sweep.
CaseResult try_subject(const toy::Routine& run, toy::Trial trial = {}) {
  trial.options = {};
  return toy::try_subject(run, trial);
}

// MSan and TSan keep a shadow of every address: K13 stays out there.
bool has_sparse_memory() { return !cpu::is_msan() && !cpu::is_tsan(); }

TEST(Battery, RightSubjectPasses) {
  const CaseResult result = try_subject(toy::run, {.baseline = toy::run});
  EXPECT_EQ(result.verdict, Verdict::passed) << texts(result);
  EXPECT_EQ(result.evidence.compared, 5);
  for (const Check check : {Check::shapes, Check::layout, Check::poison, Check::dead_input,
                            Check::canary, Check::guard, Check::history, Check::repeat,
                            Check::width, Check::liveness, Check::agreement, Check::trust}) {
    const bool expected = check != Check::width || has_sparse_memory();
    EXPECT_EQ(std::find(result.checks.begin(), result.checks.end(), check) != result.checks.end(),
              expected)
        << name_of(check);
  }
}

TEST(Battery, LeavesPartsOfK13OutWhenToldTo) {
  const auto looked_at_width = [](std::optional<std::string> unit) {
    toy::Trial trial;
    trial.options.only_width_unit = std::move(unit);
    const std::vector<Check> checks = toy::try_subject(toy::run, trial).checks;
    EXPECT_TRUE(std::ranges::count(checks, Check::guard) > 0);
    return std::ranges::count(checks, Check::width) > 0;
  };
  EXPECT_FALSE(looked_at_width(""));
  EXPECT_EQ(looked_at_width("address width"), has_sparse_memory());
}

TEST(Battery, EmptyCaseStillNeedsItsLaunch) {
  EXPECT_EQ(try_subject(toy::run, {.n = 0}).verdict, Verdict::passed);
}

TEST(Battery, WritingNothingIsCaught) {
  const CaseResult result = try_subject([](const Call&, LaunchContext& context) -> Status {
    toy::leave_receipt(context);
    return {};
  });
  EXPECT_EQ(result.verdict, Verdict::failed);
  EXPECT_TRUE(has(result, Check::poison));
  EXPECT_TRUE(has(result, Check::shapes));
}

TEST(Battery, LastElementUnwrittenIsCaughtByPoisonAlone) {
  const CaseResult result = try_subject([](const Call& call, LaunchContext& context) -> Status {
    toy::leave_receipt(context);
    for (std::int64_t i = 0; i + 1 < call.tensor("x").shape[0]; ++i) {
      const Tensor& x = call.tensor("x");
      toy::put(call.tensor("y"), i, 2 * x.as<float>()[i * x.stride[0]]);
    }
    return {};
  });
  EXPECT_TRUE(has(result, Check::poison));
}

TEST(Battery, AllNanAndAllZeroAreCaught) {
  EXPECT_TRUE(has(try_subject(fill_with(std::numeric_limits<float>::quiet_NaN())), Check::shapes));
  EXPECT_TRUE(has(try_subject(fill_with(0)), Check::shapes));
  // Inside a bound that is far too wide the degenerate output is not trusted.
  for (const float value : {0.0F, 5.0F}) {
    const CaseResult loose = try_subject(fill_with(value), {.n = 40, .bound = 1e6});
    EXPECT_EQ(loose.verdict, Verdict::mistrusted) << texts(loose);
  }
}

TEST(Battery, WritesIntoGapsZonesAndInputsAreCaught) {
  const CaseResult gap =
      try_subject(run_and([](const Call& call) { call.tensor("y").as<float>()[1] = 7; }));
  EXPECT_NE(texts(gap).find("gap, storage element 1"), std::string::npos) << texts(gap);
  const CaseResult input =
      try_subject(run_and([](const Call& call) { call.tensor("x").as<float>()[0] = 7; }));
  EXPECT_NE(texts(input).find("input element (0)"), std::string::npos) << texts(input);
}

TEST(Battery, CopyingAGapIntoAGapIsCaught) {
  // Poison onto poison: both tensors have a gap at storage element 1.
  const CaseResult result = try_subject(run_and(
      [](const Call& call) { call.tensor("y").as<float>()[1] = call.tensor("x").as<float>()[1]; }));
  EXPECT_TRUE(has(result, Check::canary)) << texts(result);
}

TEST(Battery, ScratchOverrunIsCaught) {
  const CaseResult result = try_subject([](const Call& call, LaunchContext& context) -> Status {
    const Tensor scratch = context.allocate("partials", DType::f32, {3});
    // Volatile, so that the compiler does not reason about the overrun.
    auto* values = static_cast<volatile float*>(scratch.data);
    values[3] = 1;
    return toy::run(call, context);
  });
  EXPECT_NE(texts(result).find("scratch partials: bytes past its end"), std::string::npos)
      << texts(result);
}

TEST(Battery, ResultThatDependsOnScratchIsCaught) {
  const CaseResult result = try_subject([](const Call& call, LaunchContext& context) -> Status {
    const Tensor scratch = context.allocate("sum", DType::f32, {1});
    const bool poisoned = *static_cast<unsigned char*>(scratch.data) == 0xFF;
    static_cast<void>(toy::run(call, context));
    if (poisoned) call.tensor("y").as<float>()[0] += 1;
    return {};
  });
  EXPECT_TRUE(has(result, Check::poison));
  EXPECT_FALSE(has(result, Check::shapes)) << "the first poison gave the right answer";
}

TEST(Battery, ResultThatDependsOnLayoutIsCaught) {
  const CaseResult result = try_subject(run_and([](const Call& call) {
    if (call.tensor("y").stride[0] == 1) call.tensor("y").as<float>()[0] += 1;
  }));
  EXPECT_TRUE(has(result, Check::layout));
  EXPECT_FALSE(has(result, Check::shapes));
}

TEST(Battery, DifferenceFromTheBaselineIsCaught) {
  const CaseResult result = try_subject(
      toy::run,
      {.baseline = run_and([](const Call& call) { call.tensor("y").as<float>()[0] += 1; })});
  EXPECT_TRUE(has(result, Check::agreement));
  EXPECT_NE(texts(result).find("between tried and baseline"), std::string::npos);
}

TEST(Battery, NoReceiptNoPass) {
  const CaseResult lost = try_subject([](const Call& call, LaunchContext& context) -> Status {
    static_cast<void>(toy::run(call, context));
    static_cast<void>(context.record({"never ran", {4, 1, 1}, {32, 1, 1}, 0}));
    return {};
  });
  EXPECT_EQ(lost.verdict, Verdict::failed);
  EXPECT_NE(texts(lost).find("no receipt"), std::string::npos);
}

TEST(Battery, RefusalsThrowsAndDomainsHaveTheirVerdicts) {
  const CaseResult refused = try_subject([](const Call&, LaunchContext&) -> Status {
    return Status::invalid("x", "bad", "good is needed");
  });
  EXPECT_EQ(refused.verdict, Verdict::failed);
  EXPECT_NE(texts(refused).find("argument x: bad where good is needed"), std::string::npos);
  const CaseResult thrown =
      try_subject([](const Call&, LaunchContext&) -> Status { throw std::runtime_error("boom"); });
  EXPECT_EQ(thrown.verdict, Verdict::failed);
  EXPECT_NE(texts(thrown).find("boom"), std::string::npos);
  const CaseResult outside = try_subject([](const Call&, LaunchContext&) -> Status {
    return {StatusCode::unsupported, "only uniform cases"};
  });
  EXPECT_EQ(outside.verdict, Verdict::skipped);
  EXPECT_EQ(outside.evidence.skip_reason, "only uniform cases");
}

TEST(Battery, ResultThatDependsOnAGapOfAnInputIsCaught) {
  const CaseResult result = try_subject(run_and([](const Call& call) {
    // Adds a gap's value where it is a number: reads as a NaN that is masked by mistake.
    const float gap = call.tensor("x").as<float>()[1];
    if (gap != gap) call.tensor("y").as<float>()[0] += 1;
  }));
  EXPECT_TRUE(has(result, Check::dead_input)) << texts(result);
  EXPECT_FALSE(has(result, Check::shapes));
}

TEST(Battery, StateKeptBetweenCallsIsCaught) {
  static std::int64_t largest = 0;
  largest = 0;
  // The larger earlier call is drawn: for a small case it nearly always is one.
  const toy::Routine keeps_state = run_and([](const Call& call) {
    const Tensor& y = call.tensor("y");
    if (y.shape[0] < largest && y.shape[0] > 0) y.as<float>()[0] += 1;
    largest = std::max(largest, y.shape[0]);
  });
  const CaseResult result = try_subject(keeps_state, {.n = 3});
  EXPECT_TRUE(has(result, Check::history)) << texts(result);
  EXPECT_FALSE(has(result, Check::shapes));
}

TEST(Battery, DirtyScratchIsCaught) {
  const CaseResult result = try_subject([](const Call& call, LaunchContext& context) -> Status {
    const Tensor counter = context.allocate("counter", DType::i32, {1});
    auto& count = *static_cast<std::int32_t*>(counter.data);
    // Takes both poisons for fresh memory, and what an earlier call left for a count.
    const bool fresh = count == -1 || count == 0x5A5A5A5A;
    count = fresh ? 1 : count + 1;
    static_cast<void>(toy::run(call, context));
    if (!fresh && call.tensor("y").shape[0] > 0) call.tensor("y").as<float>()[0] += 1;
    return {};
  });
  EXPECT_TRUE(has(result, Check::history)) << texts(result);
  EXPECT_FALSE(has(result, Check::poison));
}

// Stands for a missing barrier: the result depends on who runs first.
template <cpu::ThreadOrder kOrder>
Status differs_in_order(const Call& call, LaunchContext& context) {
  static_cast<void>(toy::run(call, context));
  if (cpu::executor_options().order == kOrder && call.tensor("y").shape[0] > 0) {
    call.tensor("y").as<float>()[0] += 1;
  }
  return {};
}

TEST(Battery, ResultThatDependsOnTheOrderOfThreadsIsCaught) {
  for (const CaseResult& result : {try_subject(differs_in_order<cpu::ThreadOrder::descending>),
                                   try_subject(differs_in_order<cpu::ThreadOrder::seeded>)}) {
    EXPECT_TRUE(has(result, Check::repeat)) << texts(result);
    EXPECT_EQ(result.verdict, Verdict::failed);
  }
}

TEST(Battery, CallsThatDifferAreCaught) {
  static int calls = 0;
  calls = 0;
  const CaseResult result = try_subject(run_and([](const Call& call) {
    if (++calls % 5 == 0) call.tensor("y").as<float>()[0] += 1;
  }));
  EXPECT_TRUE(has(result, Check::repeat)) << texts(result);
}

TEST(Battery, NarrowOffsetsAreCaught) {
  const auto narrow = [](const Call& call, LaunchContext& context) -> Status {
    const Tensor& x = call.tensor("x");
    const Tensor& y = call.tensor("y");
    toy::leave_receipt(context);
    for (std::int64_t i = 0; i < x.shape[0]; ++i) {
      const auto in = static_cast<std::uint32_t>(i * x.stride[0]) & 0x7FFFFFFFU;
      const auto out = static_cast<std::uint32_t>(i * y.stride[0]) & 0x7FFFFFFFU;
      y.as<float>()[out] = 2 * x.as<float>()[in];
    }
    return {};
  };
  // Which operand is stretched, and how far, follows from the case.
  bool caught = false;
  for (std::int64_t n = 2; n < 12; ++n)
    caught = caught || has(try_subject(narrow, {.n = n}), Check::width);
  EXPECT_EQ(caught, has_sparse_memory());
}

// Who trusts a narrow offset up to `limit`, and with it one that no longer fits.
Status trusts_offsets_up_to(std::int64_t limit, const Call& call, LaunchContext& context) {
  const Tensor& y = call.tensor("y");
  const Status status = toy::run(call, context);
  for (std::int64_t i = 1; i < y.shape[0]; ++i) {
    if (i * y.stride[0] == limit) y.as<float>()[0] += 1;
  }
  return status;
}

TEST(Battery, AnOffsetExactlyAtALimitIsCaught) {
  for (const std::int64_t limit : {std::int64_t{1} << 31, std::int64_t{1} << 32}) {
    for (const std::int64_t bytes : {1, 4}) {
      for (const std::int64_t beside : {-1, 0, 1}) {
        const CaseResult result = toy::try_subject([&](const Call& call, LaunchContext& context) {
          return trusts_offsets_up_to(limit / bytes + beside, call, context);
        });
        EXPECT_EQ(has(result, Check::width), has_sparse_memory()) << limit << " " << beside;
      }
    }
  }
}

TEST(Battery, AcceptedOverlapIsCaught) {
  const CaseResult result = try_subject(toy::run, {.step = 1, .refuses_overlap = true});
  EXPECT_TRUE(has(result, Check::alias)) << texts(result);
}

TEST(Battery, RefusalOfAnOverlapThatWroteBeforeIsCaught) {
  const CaseResult result = try_subject(
      [](const Call& call, LaunchContext& context) -> Status {
        if (call.tensor("x").data != call.tensor("y").data) return toy::run(call, context);
        toy::put(call.tensor("y"), 0, 1);
        return Status::invalid("y", "the memory of x", "its own");
      },
      {.step = 1, .refuses_overlap = true});
  EXPECT_TRUE(has(result, Check::alias)) << texts(result);
  EXPECT_NE(texts(result).find("refused, and"), std::string::npos) << texts(result);
}

TEST(Battery, FindingsOfEarlierCallsBelongToTheirOwnCases) {
  // Wrong for exactly the drawn case that K8 runs before this one, and for none other.
  const CaseResult result = try_subject([](const Call& call, LaunchContext& context) -> Status {
    const bool other = call.tensor("x").shape[0] != 5;
    if (other) static_cast<void>(context.record({"never", {4, 1, 1}, {32, 1, 1}, 0}));
    return toy::run(call, context);
  });
  EXPECT_EQ(result.verdict, Verdict::passed) << texts(result);
}

TEST(Battery, ReadPastTheEndEndsAtTheGuardPage) {
  const auto overread = [](const Call& call, LaunchContext& context) -> Status {
    static_cast<void>(toy::run(call, context));
    const Tensor& x = call.tensor("x");
    const volatile float* const past = x.as<float>() + x.shape[0] * x.stride[0];
    return *past == 12345 ? Status::invalid("x", "read", "it must not be") : Status{};
  };
  if (cpu::is_asan()) {  // it sees the first run touch the red zone, and the process lives on
    const CaseResult result = try_subject(overread);
    EXPECT_TRUE(has(result, Check::sanitizer)) << texts(result);
    return;
  }
  BatteryOptions guarded{.thorough = true};
  guarded.only = Check::guard;
  EXPECT_DEATH(static_cast<void>(toy::try_subject(overread, {.options = guarded})),
               "x: access at byte 8 past its end");
  if (!has_sparse_memory()) return;
  BatteryOptions wide{.thorough = true};
  wide.only = Check::width;
  EXPECT_DEATH(static_cast<void>(toy::try_subject(overread, {.options = wide})),
               "x: access at byte [0-9]+ past its end");
}

TEST(Battery, UnknownOperandIsTheCallersError) {
  const CaseResult result = try_subject([](const Call& call, LaunchContext&) -> Status {
    static_cast<void>(call.tensor("z"));
    return {};
  });
  EXPECT_NE(texts(result).find("call has no tensor 'z'"), std::string::npos);
}

}  // namespace
}  // namespace mlacheck
