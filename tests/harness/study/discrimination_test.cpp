// The study of null answers: a bound that lets everything pass must show, and a tight one must not.
#include "harness/study/discrimination.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "harness/subjects/ops.hpp"
#include "tests/support/toy_op.hpp"

namespace mlacheck {
namespace {

std::vector<DiscriminationRow> study(double bound) {
  static const toy::Model kModel;
  static toy::Doubled oracle;
  oracle.bound = bound;
  return discriminate({&kModel, &oracle}, 40, 1);
}

TEST(Discrimination, ATightBoundRefusesEveryNullAnswer) {
  const auto rows = study(0);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].output, "y");
  EXPECT_EQ(rows[0].value_class, "all");
  for (const NullAnswer null :
       {NullAnswer::zeros, NullAnswer::mean, NullAnswer::previous, NullAnswer::axis_0}) {
    const DiscriminationCell& cell = rows[0].cells[static_cast<std::size_t>(null)];
    EXPECT_GT(cell.cases, 20);
    EXPECT_EQ(cell.refused, cell.cases);
  }
  EXPECT_EQ(rows[0].cells[static_cast<std::size_t>(NullAnswer::axis_1)].cases, 0) << "y is a row";
}

const DiscriminationCell& scales_of(const DiscriminationRow& row) {
  return row.cells[static_cast<std::size_t>(NullAnswer::scales)];
}

TEST(Discrimination, ScalesOfTheInputAreExchanged) {
  const OpEntry* const op = find_op("quantized_bmm");
  ASSERT_NE(op, nullptr);
  std::int64_t cases = 0;
  for (const DiscriminationRow& row : discriminate(*op, 10, 1)) {
    EXPECT_FALSE(scales_of(row).passes()) << row.value_class;
    cases += scales_of(row).cases;
  }
  EXPECT_GT(cases, 20);
  EXPECT_EQ(scales_of(study(0).at(0)).cases, 0) << "it has none";
}

TEST(Discrimination, EachClassOfLsesHasARow) {
  const OpEntry* const op = find_op("merge_states");
  ASSERT_NE(op, nullptr);
  const auto rows = discriminate(*op, 2, 1);
  for (const char* name : {"normal", "lse=huge", "lse=level"}) {
    EXPECT_TRUE(std::ranges::any_of(rows, [&](const DiscriminationRow& row) {
      return row.value_class == name;
    })) << name;
  }
}

TEST(Discrimination, AWideBoundShows) {
  const auto rows = study(std::numeric_limits<double>::max());
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_TRUE(rows[0].cells[0].passes());
  EXPECT_NE(render_discrimination(rows).find("0!"), std::string::npos)
      << render_discrimination(rows);
}

}  // namespace
}  // namespace mlacheck
