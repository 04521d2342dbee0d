// K12: what a consumer of expanded metadata would read, in the battery.
#include <gtest/gtest.h>

#include "tests/support/case_results.hpp"
#include "tests/support/wrapped_subject.hpp"

namespace mlacheck {
namespace {

// Rows 0 and 1: 31 and 32 tokens; rows 2 and 3: 16 and 17; row 4 is padding. Pages of 16.
Case two_requests() {
  Case c(find_op("decode_expansion")->model->schema());
  c.set("requests", {2, 32, 2, 17}).set("W", 3).set("page", "16").set("padding", 1);
  return c;
}

std::vector<std::string> metadata_findings(const Case& c, const wrapped::Aftermath& aftermath) {
  return testing_support::findings_of(wrapped::run_with(c, "uniform", aftermath), Check::metadata);
}

bool any_contains(const std::vector<std::string>& texts, const std::string& part) {
  return std::any_of(texts.begin(), texts.end(),
                     [&](const std::string& text) { return text.find(part) != std::string::npos; });
}

TEST(ConsumerCheck, PassesAsItIs) {
  const CaseResult result =
      wrapped::run_with(two_requests(), "uniform", [](const Call&, LaunchContext&) {});
  EXPECT_EQ(result.verdict, Verdict::passed);
  EXPECT_TRUE(wrapped::carried_out(result, Check::metadata));
}

TEST(ConsumerCheck, ALengthOfMinusOneIsAWildRead) {
  const std::vector<std::string> found =
      metadata_findings(two_requests(), [](const Call& call, LaunchContext&) {
        call.tensor("expanded_seq_lens").as<std::int32_t>()[1] = -1;
      });
  EXPECT_TRUE(any_contains(found, "consumer: row 1, length 4294967295: 268435456 pages"));
  EXPECT_GE(found.size(), 2U) << "the exact number is wrong, too";
}

TEST(ConsumerCheck, APageOutsideThePool) {
  const std::vector<std::string> found =
      metadata_findings(two_requests(), [](const Call& call, LaunchContext&) {
        const Tensor& table = call.tensor("expanded_block_table");
        table.as<std::int32_t>()[3 * table.stride[0] + 1] = -7;
      });
  EXPECT_TRUE(any_contains(found, "consumer: row 3, length 17: column 1 names page 4294967289"));
}

TEST(ConsumerCheck, APaddingRowWithAPageThatIsNone) {
  const std::vector<std::string> found =
      metadata_findings(two_requests(), [](const Call& call, LaunchContext&) {
        const Tensor& table = call.tensor("expanded_block_table");
        table.as<std::int32_t>()[4 * table.stride[0]] = -7;
      });
  EXPECT_TRUE(any_contains(found, "consumer: row 4, length 0: column 0 names page 4294967289"));
}

TEST(ConsumerCheck, ExactMetadataCountsForIt) {
  // In the pool and inside the table, but another request's page.
  const std::vector<std::string> found =
      metadata_findings(two_requests(), [](const Call& call, LaunchContext&) {
        call.tensor("expanded_block_table").as<std::int32_t>()[0] += 1;
      });
  EXPECT_FALSE(found.empty());
  EXPECT_FALSE(any_contains(found, "consumer"));
}

// Entries that hold nothing may name anything as long as no length reaches them.
TEST(ConsumerCheck, RowsThatHoldNothingAreNotPrefetched) {
  Case c = two_requests();
  c.set("requests", {2, 32, 2, 0}).set("block_table.tail", "poison");
  const OpModel& model = *find_op("decode_expansion")->model;
  const Problem problem = model.materialise(c, "uniform");
  std::vector<std::vector<std::uint32_t>> outputs(problem.operands.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Operand& operand = problem.operands[i];
    if (operand.name == "expanded_seq_lens") outputs[i] = {31, 32, 0, 0, 0};
    if (operand.name != "expanded_block_table") continue;
    outputs[i].assign(static_cast<std::size_t>(operand.layout.elements()), 0xFFFFFFFF);
    for (const std::size_t at : {0U, 1U, 3U, 4U, 12U}) outputs[i][at] = 5;
  }
  EXPECT_TRUE(model.consume(problem, outputs).empty());
}

}  // namespace
}  // namespace mlacheck
