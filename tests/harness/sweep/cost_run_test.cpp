// Costs as `mlacheck cost` counts them.
#include "harness/sweep/cost_run.hpp"

#include <gtest/gtest.h>

#include "harness/subjects/bundled_cases.hpp"
#include "tests/support/placed_call.hpp"

namespace mlacheck {
namespace {

Selection narrow() {
  Selection selection;
  selection.backends = {"cpu.w32"};
  return selection;
}

TEST(CostRun, CostCasesAreAdmissibleAndHaveContracts) {
  for (const OpEntry& op : ops()) {
    const Case c = op.model->cost_case();
    EXPECT_EQ(c.op(), op.model->schema().op);
    EXPECT_EQ(op.model->inadmissible(c), "");
    EXPECT_FALSE(c == Case(op.model->schema())) << "the simplest case is no real model's";
  }
}

TEST(CostRun, CountsEachVariantOnce) {
  for (const OpEntry& op : ops()) {
    const std::vector<CostRow> rows =
        count_costs(required_cases(op.model->schema().op).front(), narrow());
    EXPECT_EQ(rows.size(), testing_support::cpu_subjects(op.model->schema().op).subjects.size());
    for (const CostRow& row : rows) {
      EXPECT_EQ(row.failed, "");
      EXPECT_TRUE(row.contract.has_value());
      EXPECT_TRUE(row.as_contracted());
      EXPECT_GE(row.counted.launches, 1U) << row.op << ' ' << row.variant;
    }
  }
}

TEST(CostRun, AFailedRunOrAnotherCountIsNotAsContracted) {
  CostRow row;
  EXPECT_TRUE(row.as_contracted()) << "no contract, nothing to break";
  row.contract = Cost{.launches = 1};
  EXPECT_FALSE(row.as_contracted());
  row.counted.launches = 1;
  EXPECT_TRUE(row.as_contracted());
  row.counted.bytes_copied = 1;
  EXPECT_FALSE(row.as_contracted());
  row.counted.bytes_copied = 0;
  row.contradictions = {"launches: the driver saw 2, the subject recorded 1"};
  EXPECT_FALSE(row.as_contracted());
  row.contradictions.clear();
  row.failed = "stopped";
  EXPECT_FALSE(row.as_contracted());
}

}  // namespace
}  // namespace mlacheck
