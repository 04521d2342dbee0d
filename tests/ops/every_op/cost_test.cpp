// The cost contracts: by number at the sizes of real models, and as bundled variants keep them.
#include <gtest/gtest.h>

#include <optional>

#include "harness/execute/execute.hpp"
#include "harness/subjects/bundled_cases.hpp"
#include "reference/chunked_context/parameters.hpp"
#include "reference/decode_expansion/parameters.hpp"
#include "reference/merge_states/parameters.hpp"
#include "reference/mla_decode/parameters.hpp"
#include "tests/support/case_results.hpp"
#include "tests/support/wrapped_subject.hpp"

namespace mlacheck {
namespace {

Operand shaped(const char* name, DType dtype, std::vector<std::int64_t> shape) {
  Operand operand;
  operand.name = name;
  operand.dtype = dtype;
  operand.layout = Layout::dense(std::move(shape));
  return operand;
}

// Formulas look at sizes only, so operands need no contents.
template <class Parameters>
Problem problem_of(std::vector<Operand> operands, const Parameters& parameters) {
  Problem problem;
  problem.operands = std::move(operands);
  reference::write_scalars(problem, parameters);
  return problem;
}

Cost cost_of(const std::string& op, const char* variant, const Problem& problem) {
  const OpModel& model = *find_op(op)->model;
  const std::optional<Cost> cost = model.cost(Case(model.schema()), problem, variant);
  EXPECT_TRUE(cost.has_value()) << op << " " << variant;
  return cost.value_or(Cost{});
}

TEST(Cost, FoldOfSixteenChunks) {
  // 1024 tokens, 128 heads of 128: 32 MiB of bf16 values and 512 KiB of LSEs a pair.
  const auto fold = [](const char* variant) {
    return cost_of("chunked_context", variant,
                   problem_of({shaped("out", DType::bf16, {1024, 128, 128})},
                              chunked_context::Parameters{16, 1024}));
  };
  EXPECT_EQ(fold("fresh"), (Cost{.launches = 16,
                                 .allocations = 30,
                                 .bytes_allocated = 511'180'800,
                                 .peak_bytes = 68'157'440}));
  EXPECT_EQ(fold("swapped"), (Cost{.launches = 16,
                                   .allocations = 2,
                                   .bytes_allocated = 34'078'720,
                                   .peak_bytes = 34'078'720}));
}

TEST(Cost, OneChunkIsMergedStraightIntoTheBuffer) {
  for (const char* variant : {"fresh", "swapped"}) {
    EXPECT_EQ(cost_of("chunked_context", variant,
                      problem_of({shaped("out", DType::f16, {8, 4, 32})},
                                 chunked_context::Parameters{1, 6})),
              (Cost{.launches = 1, .bytes_copied = 2 * 4 * 32 * 2}));
  }
}

TEST(Cost, StridedProductHasNoTemporary) {
  Problem problem;
  problem.operands = {shaped("out", DType::bf16, {64, 128, 128})};
  EXPECT_EQ(cost_of("strided_bmm", "strided", problem), (Cost{.launches = 1}));
  EXPECT_EQ(cost_of("strided_bmm", "async", problem), (Cost{.launches = 1}));
  EXPECT_EQ(cost_of("strided_bmm", "copy", problem), (Cost{.launches = 2,
                                                           .allocations = 1,
                                                           .bytes_allocated = 2'097'152,
                                                           .peak_bytes = 2'097'152,
                                                           .bytes_copied = 2'097'152}));
}

TEST(Cost, DecodeFillsOnlyWhereItSaysSo) {
  const auto in_splits = [](std::int64_t splits) {
    return problem_of({shaped("out", DType::bf16, {32, 16, 512})},
                      mla_decode::Parameters{.latent = 512, .splits = splits});
  };
  EXPECT_EQ(cost_of("mla_decode", "empty", in_splits(1)), (Cost{.launches = 1}));
  EXPECT_EQ(cost_of("mla_decode", "zero_filled", in_splits(1)),
            (Cost{.launches = 2, .bytes_filled = 524'288}));
  for (const char* variant : {"empty", "async"}) {
    EXPECT_EQ(cost_of("mla_decode", variant, in_splits(8)), (Cost{.launches = 2,
                                                                  .allocations = 2,
                                                                  .bytes_allocated = 8'404'992,
                                                                  .peak_bytes = 8'404'992}));
  }
}

TEST(Cost, UniformExpansionIsOneLaunchAndNoWait) {
  const Problem problem = problem_of({shaped("block_table", DType::i32, {118, 2560})},
                                     decode_expansion::Parameters{.tokens = 472});
  EXPECT_EQ(cost_of("decode_expansion", "uniform", problem), (Cost{.launches = 1}));
  EXPECT_EQ(cost_of("decode_expansion", "generic", problem),
            (Cost{.launches = 3,
                  .allocations = 2,
                  .bytes_allocated = 4 * (472 + 119),
                  .peak_bytes = 4 * (472 + 119)}));
}

TEST(Cost, MergeCopiesTokensWithoutContext) {
  EXPECT_EQ(cost_of("merge_states", "vectorized",
                    problem_of({shaped("out", DType::f32, {10, 16, 128}),
                                shaped("lse_out", DType::f32, {16, 10})},
                               merge_states::Parameters{7})),
            (Cost{.launches = 1, .bytes_copied = 3 * 16 * (512 + 4)}));
}

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
