// The toy op as a kernel of one thread an element, right and with a narrow number of its thread.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "harness/device/cpu/launch_plan.h"
#include "harness/device/cpu/runtime.h"
#include "tests/support/toy_case.hpp"

namespace mlacheck {
namespace {

// x and y have one element a row.
class Model final : public toy::Model {
 public:
  std::vector<RowSize> row_sizes(const Problem& /*problem*/) const override {
    return {{"rows", {{"x", 0}, {"y", 0}}}};
  }
};

constexpr unsigned kThreads = 32;

struct Params {
  const float* x;
  float* y;
  std::int64_t x_step;
  std::int64_t y_step;
  std::int64_t rows;
};

void double_row(const Params& p, std::int64_t row) {
  if (row < p.rows) p.y[row * p.y_step] = 2 * p.x[row * p.x_step];
}

void wide(const void* params) {
  double_row(*static_cast<const Params*>(params),
             std::int64_t{cpu::block_index().x} * kThreads + cpu::thread_index().x);
}

void narrow(const void* params) {
  double_row(*static_cast<const Params*>(params),
             cpu::block_index().x * kThreads + cpu::thread_index().x);
}

// The rows' lowest bits in reverse order among blocks.
void scattered(const void* params) {
  const unsigned block = cpu::block_index().x;
  const unsigned blocks = cpu::grid_extent().x;
  const unsigned mine = block % 2 == 0 ? block / 2 : blocks - 1 - block / 2;
  double_row(*static_cast<const Params*>(params),
             std::int64_t{mine} * kThreads + cpu::thread_index().x);
}

// One block goes through all rows.
void looping(const void* params) {
  const Params& p = *static_cast<const Params*>(params);
  for (std::int64_t row = cpu::thread_index().x; row < p.rows; row += kThreads) double_row(p, row);
}

CaseResult try_kernel(void (*kernel)(const void*), bool one_block = false) {
  Subject subject;
  subject.variant = "tried";
  subject.conventions.refuses_overlap = false;
  subject.run = [=](const Call& call, LaunchContext& context) {
    const Tensor& x = call.tensor("x");
    const Tensor& y = call.tensor("y");
    const Params params{x.as<const float>(), y.as<float>(), x.stride[0], y.stride[0], x.shape[0]};
    const auto blocks = static_cast<unsigned>((x.shape[0] + kThreads - 1) / kThreads);
    return cpu::launch_grid({.record = {"toy", {one_block ? 1 : blocks}, {kThreads}, 0},
                             .warp_width = 32,
                             .thread_main = kernel,
                             .params = &params,
                             .params_bytes = sizeof params},
                            context);
  };
  static const Model kModel;
  static const toy::Doubled kOracle;
  const auto backend = make_cpu_backend(32);
  Case c(kModel.schema());
  c.set("n", 5);
  BatteryOptions options{.thorough = true};
  options.only_unit = "many rows";
  return run_case({&kModel, &kOracle}, c, subject, nullptr, *backend, options);
}

bool carried_out(const CaseResult& result) {
  return std::ranges::count(result.checks, Check::width) == 1;
}

bool can_run() { return !cpu::is_msan() && !cpu::is_tsan(); }

TEST(ManyRows, AreRightInAKernelThatCountsThemIn64Bits) {
  if (!can_run()) GTEST_SKIP() << "MSan and TSan keep a shadow of every address";
  const CaseResult result = try_kernel(&wide);
  EXPECT_TRUE(result.evidence.findings.empty()) << result.evidence.findings.front().text;
  EXPECT_TRUE(result.evidence.left_out.empty()) << result.evidence.left_out.front().reason;
  EXPECT_TRUE(carried_out(result));
}

TEST(ManyRows, FindANumberOf32Bits) {
  if (!can_run()) GTEST_SKIP() << "MSan and TSan keep a shadow of every address";
  const CaseResult result = try_kernel(&narrow);
  ASSERT_EQ(result.evidence.findings.size(), 1U);
  const Finding& finding = result.evidence.findings.front();
  EXPECT_EQ(finding.check, Check::width);
  EXPECT_EQ(finding.operand, "y");
  ASSERT_TRUE(finding.choice);
  EXPECT_EQ(finding.choice->number, 3000);
  EXPECT_NE(finding.text.find("4294967379 rows"), std::string::npos) << finding.text;
}

TEST(ManyRows, AreLeftOutWhereBlocksDoNotGoThroughThemInOrder) {
  if (!can_run()) GTEST_SKIP() << "MSan and TSan keep a shadow of every address";
  const CaseResult result = try_kernel(&scattered);
  EXPECT_TRUE(result.evidence.findings.empty()) << result.evidence.findings.front().text;
  ASSERT_EQ(result.evidence.left_out.size(), 1U);
  EXPECT_EQ(result.evidence.left_out.front().reason,
            "its blocks do not go through the rows in their order");
  EXPECT_FALSE(carried_out(result));
}

TEST(ManyRows, AreNothingToAGridThatDoesNotGrow) {
  if (!can_run()) GTEST_SKIP() << "MSan and TSan keep a shadow of every address";
  const CaseResult result = try_kernel(&looping, true);
  EXPECT_TRUE(result.evidence.findings.empty());
  EXPECT_FALSE(carried_out(result));
}

}  // namespace
}  // namespace mlacheck
