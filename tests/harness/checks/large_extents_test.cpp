#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/backends/cpu/backend_cpu.hpp"
#include "harness/backends/cpu/sanitizers/sanitizer.hpp"
#include "harness/checks/dry_run.hpp"
#include "harness/checks/extrapolate.hpp"
#include "harness/op/launch_context.hpp"

namespace mlacheck {
namespace {

Operand operand(std::string name, Access access, Layout layout) {
  Operand result;
  result.name = std::move(name);
  result.dtype = DType::bf16;
  result.access = access;
  result.layout = std::move(layout);
  return result;
}

// x[m][n] and out[n][m * n + 3], and an integer m - 1.
std::optional<Problem> transposed(std::int64_t m, std::int64_t n) {
  Problem problem;
  problem.operands.push_back(operand("x", Access::input, Layout::strided({m, n}, {1, m})));
  problem.operands.push_back(operand("out", Access::output, Layout::dense({n, m * n + 3})));
  problem.integers.emplace_back("last", m - 1);
  return problem;
}

TEST(Extrapolate, FindsSumsAndProductsAndKeepsTheOrderOfAxes) {
  const std::optional<Extrapolation> found = extrapolate(&transposed);
  ASSERT_TRUE(found);
  const Problem problem = found->at(70000, 3);
  EXPECT_EQ(problem.operand("x").layout.shape, (std::vector<std::int64_t>{70000, 3}));
  EXPECT_EQ(problem.operand("x").layout.stride, (std::vector<std::int64_t>{1, 70000}));
  EXPECT_EQ(problem.operand("out").layout.shape, (std::vector<std::int64_t>{3, 210003}));
  EXPECT_EQ(problem.integer("last"), 69999);
}

TEST(Extrapolate, KeepsABroadcastAxis) {
  const auto found = extrapolate([](std::int64_t m, std::int64_t n) -> std::optional<Problem> {
    Problem problem;
    problem.operands.push_back(operand("x", Access::input, Layout::strided({m, n}, {0, 1})));
    return problem;
  });
  ASSERT_TRUE(found);
  const Problem problem = found->at(1 << 20, 5);
  EXPECT_EQ(problem.operand("x").layout.stride, (std::vector<std::int64_t>{0, 1}));
  EXPECT_EQ(problem.operand("x").layout.storage, 5);
}

TEST(Extrapolate, RefusesWhatIsNeither) {
  EXPECT_FALSE(extrapolate([](std::int64_t m, std::int64_t n) -> std::optional<Problem> {
    Problem problem;
    problem.operands.push_back(operand("x", Access::input, Layout::dense({(m + 1) / 2, n})));
    return problem;
  })) << "rounded up to pairs";
  EXPECT_FALSE(extrapolate([](std::int64_t m, std::int64_t) -> std::optional<Problem> {
    if (m > 4) return std::nullopt;
    return Problem{};
  })) << "not every size is admissible";
}

Status never_run(LaunchContext& context, Dim3 grid) {
  return context.record({"never run", grid, {32, 1, 1}, 0});
}

Problem large() { return extrapolate(&transposed)->at(1 << 28, 16); }

DryRun try_dry(const std::function<Status(const Call&, LaunchContext&)>& run) {
  Subject subject;
  subject.variant = "tried";
  subject.run = run;
  return dry_run(subject, large(), *make_cpu_backend(32));
}

TEST(DryRun, HandsOutOperandsAndScratchThatNoMemoryHolds) {
  if (cpu::is_msan() || cpu::is_tsan()) GTEST_SKIP() << "a shadow of every address";
  std::int64_t elements = 0;
  bool scratch = false;
  const DryRun run = try_dry([&](const Call& call, LaunchContext& context) -> Status {
    elements = call.tensor("x").elements();
    const Tensor partials = context.allocate("partials", DType::f32, {1 << 20, 1 << 14});
    scratch = partials.data != nullptr;
    context.release(partials);
    return Status::invalid("x", "huge", "less");
  });
  EXPECT_TRUE(run.left_out.empty()) << run.left_out;
  EXPECT_EQ(run.status.code(), StatusCode::invalid_argument);
  EXPECT_EQ(elements, std::int64_t{1} << 32);
  EXPECT_TRUE(scratch);
}

TEST(DryRun, TellsNothingOfWhatGoesPastTheBackend) {
  if (cpu::is_msan() || cpu::is_tsan()) GTEST_SKIP() << "a shadow of every address";
  const DryRun run =
      try_dry([](const Call&, LaunchContext& context) { return never_run(context, {7, 1, 1}); });
  EXPECT_EQ(run.left_out, "launches go past the backend");
}

}  // namespace
}  // namespace mlacheck
