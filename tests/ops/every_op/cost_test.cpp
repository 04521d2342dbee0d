// The cost contracts as bundled variants keep them. tests/ops/<op>/cost_test.cpp has their numbers.
#include <gtest/gtest.h>

#include <optional>

#include "harness/execute/execute.hpp"
#include "harness/subjects/bundled_cases.hpp"
#include "tests/support/case_results.hpp"
#include "tests/support/wrapped_subject.hpp"

namespace mlacheck {
namespace {

TEST(Cost, OthersVariantsHaveNoContract) {
  for (const OpEntry& op : ops()) {
    const Case c(op.model->schema());
    EXPECT_FALSE(op.model->cost(c, op.model->materialise(c, "other"), "other").has_value());
  }
}

// Empty extents included.
TEST(Cost, BundledVariantsKeepTheirs) {
  const auto backend = make_cpu_backend(32);
  for (const OpEntry& op : ops()) {
    std::vector<Case> cases = wrapped::drawn_cases(op.model->schema().op, 40);
    for (const Case& c : required_cases(op.model->schema().op)) cases.push_back(c);
    int counted = 0;
    for (const Case& c : cases) {
      for (const Subject& subject : wrapped::table_of(c.op()).subjects) {
        const Problem problem = op.model->materialise(c, subject.variant);
        std::int64_t elements = 0;
        for (const Operand& operand : problem.operands) elements += operand.layout.elements();
        if (elements > 50'000) continue;
        const auto run = execute(subject, problem, *backend, Poison::ones);
        if (run.status.code() == StatusCode::unsupported) continue;
        ASSERT_TRUE(run.status.ok()) << c.line() << ": " << run.status.message();
        const std::optional<Cost> cost = op.model->cost(c, problem, subject.variant);
        ASSERT_TRUE(cost.has_value());
        EXPECT_TRUE(run.cost == *cost) << subject.variant << " " << c.line();
        ++counted;
      }
    }
    EXPECT_GE(counted, 60) << op.model->schema().op;
  }
}

Case small_product() {
  Case c(find_op("strided_bmm")->model->schema());
  return c.set("T", 3).set("H", 2).set("latent", 8).set("V", 4);
}

TEST(CostCheck, SeesEachItem) {
  struct Waste {
    const char* finding;
    wrapped::Aftermath aftermath;
  };
  const std::vector<Waste> wastes{
      {"allocations: 1 counted, the contract says 0",
       [](const Call&, LaunchContext& context) { context.allocate("extra", DType::f32, {4}); }},
      {"bytes allocated: 16 counted, the contract says 0",
       [](const Call&, LaunchContext& context) { context.allocate("extra", DType::f32, {4}); }},
      {"bytes held at most: 16 counted, the contract says 0",
       [](const Call&, LaunchContext& context) { context.allocate("extra", DType::f32, {4}); }},
      {"bytes filled: 96 counted, the contract says 0",
       [](const Call&, LaunchContext& context) { context.record_traffic(Traffic::fill, 96); }},
      {"bytes copied: 96 counted, the contract says 0",
       [](const Call&, LaunchContext& context) { context.record_traffic(Traffic::copy, 96); }},
      {"synchronizations: 1 counted, the contract says 0",
       [](const Call&, LaunchContext& context) { context.record_synchronization(); }},
      {"launches: 2 counted, the contract says 1", [](const Call& call, LaunchContext& context) {
         EXPECT_TRUE(wrapped::subject_of("strided_bmm", "strided").run(call, context).ok());
       }}};
  for (const Waste& waste : wastes) {
    const CaseResult result = wrapped::run_with(small_product(), "strided", waste.aftermath);
    const std::vector<std::string> found = testing_support::findings_of(result, Check::cost);
    EXPECT_NE(std::find(found.begin(), found.end(), waste.finding), found.end())
        << waste.finding << ", but found: " << (found.empty() ? "nothing" : found.front());
  }
}

TEST(CostCheck, PassesAsItIs) {
  const CaseResult result =
      wrapped::run_with(small_product(), "strided", [](const Call&, LaunchContext&) {});
  EXPECT_EQ(result.verdict, Verdict::passed);
  EXPECT_TRUE(wrapped::carried_out(result, Check::cost));
}

}  // namespace
}  // namespace mlacheck
