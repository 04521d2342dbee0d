#include "harness/sweep/counterexample.hpp"

#include <gtest/gtest.h>

#include <string>

#include "harness/sweep/row.hpp"
#include "tests/support/toy_op.hpp"

namespace mlacheck {
namespace {

Finding relation_is_wrong() {
  Finding finding(Check::batch, "wrong", "y", "value");
  finding.choice = Choice{Check::batch, 5};
  finding.unit = "relations";
  return finding;
}

CaseResult failed(Finding finding) {
  CaseResult result;
  result.evidence.executed = true;
  result.evidence.findings.push_back(std::move(finding));
  result.verdict = Verdict::failed;
  return result;
}

// Relation 5 shows a defect from 20 elements on, one of the others from 10 on.
class TwoRelations final : public CaseRunner {
 public:
  CaseResult run(const Row&, const Case& c, const BatteryOptions& options,
                 const RunLimits&) override {
    const std::int64_t n = c.integer("n");
    const bool fails = n >= 20 || (options.thorough && n >= 10);
    thorough_passes += options.thorough && !fails ? 1 : 0;
    passes += fails ? 0 : 1;
    if (fails) return failed(relation_is_wrong());
    CaseResult result;
    result.verdict = Verdict::passed;
    return result;
  }
  int passes = 0;
  int thorough_passes = 0;
};

// Most candidates pass. All alternatives are tried on those of the last few steps alone.
TEST(FindCounterexample, TriesEveryAlternativeOnlyWhereTheKnownOneShowsNothingMore) {
  const toy::Model model;
  const toy::Doubled oracle;
  const OpEntry op{&model, &oracle};
  SubjectTable table;
  table.op = "toy";
  const Row row{&op, &table, Subject{}, "cpu.w32", ""};
  Case c(model.schema());
  c.set("n", 731).set("step", 4).set("seed", 977);
  TwoRelations runner;
  const CaseResult result = failed(relation_is_wrong());
  const Counterexample found =
      find_counterexample(row, c, result, *new_failing(result, {}), {}, runner, {});
  EXPECT_EQ(found.smallest.line(), "toy(n=10)");
  EXPECT_TRUE(found.minimal && found.confirmed);
  EXPECT_GT(runner.thorough_passes, 0) << "it may not be the smallest";
  EXPECT_LT(2 * runner.thorough_passes, runner.passes);
}

Failing found_by(Check check, const std::string& unit) {
  Failing failing;
  failing.target = Target{{check, "out", "value"}};
  failing.unit = unit;
  return failing;
}

TEST(Narrowed, KeepsToThePartOfK13ThatShowedTheFailure) {
  const BatteryOptions options = narrowed({}, found_by(Check::width, "large indices"));
  EXPECT_EQ(options.only, Check::width);
  EXPECT_EQ(options.only_unit, "large indices");
}

TEST(Narrowed, LeavesEveryPartOfAnotherCheckIn) {
  const BatteryOptions options = narrowed({}, found_by(Check::history, "replay"));
  EXPECT_EQ(options.only, Check::history);
  EXPECT_EQ(options.only_unit, "");
}

TEST(NarrowedFurther, LeavesK13OutWhereItDidNotSeeTheFailure) {
  EXPECT_EQ(narrowed_further({}, found_by(Check::canary, "layout twin")).only_width_unit, "");
  EXPECT_EQ(narrowed_further({}, found_by(Check::canary, "many rows")).only_width_unit,
            "many rows");
  EXPECT_EQ(narrowed_further({}, found_by(Check::canary, "")).only_width_unit, std::nullopt);
}

TEST(NarrowedFurther, OfACrashRunsNoPartOfK13ButTheOneThatDied) {
  Failing failing;
  EXPECT_EQ(narrowed_further({}, failing).only_width_unit, std::nullopt);
  failing.unit = "large extents";
  EXPECT_EQ(narrowed_further({}, failing).only_width_unit, "large extents");
  failing.unit = "values";
  EXPECT_EQ(narrowed_further({}, failing).only_width_unit, "");
}

}  // namespace
}  // namespace mlacheck
