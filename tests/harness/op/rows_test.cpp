#include "harness/op/rows.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace mlacheck {
namespace {

using Numbers = std::vector<std::int64_t>;

Operand operand(std::string name, Access access, Layout layout) {
  Operand result;
  result.name = std::move(name);
  result.access = access;
  result.layout = std::move(layout);
  if (access == Access::output) return result;
  for (std::int64_t i = 0; i < result.layout.elements(); ++i) {
    result.bits.push_back(static_cast<std::uint32_t>(i));
  }
  return result;
}

// x[2 rows][2], w[2], lse[2][2 rows] with the rows outermost in memory.
Problem problem() {
  Problem result;
  result.operands = {operand("x", Access::input, Layout::strided({2, 2}, {5, 1}, 3)),
                     operand("w", Access::input, Layout::strided({2}, {4})),
                     operand("lse", Access::output, Layout::strided({2, 2}, {1, 2}))};
  return result;
}

const RowSize kRows{"rows", {{"x", 0}, {"lse", 1}, {"absent", 0}}};

TEST(RowPlaces, CountsTheRowsInFront) {
  const RowPlaces places({{0, 0}, {0, 7}, {2, 9}}, 20);
  EXPECT_EQ(places.before(0), 0);
  EXPECT_EQ(places.before(1), 9) << "row 1 stands nowhere: what comes before it ends at row 2";
  EXPECT_EQ(places.before(2), 9);
  EXPECT_EQ(places.before(3), 20) << "all of them";
  EXPECT_EQ(places.alone().before(2), 2);
  EXPECT_EQ(places.alone().before(3), 3);
}

TEST(Spread, PutsRowsWhereTheyAreWanted) {
  const std::int64_t rows = std::int64_t{1} << 33;
  const RowPlaces places({{0, 0}, {1, 4}, {1, rows - 1}}, rows);
  const Spread found = spread(problem(), kRows, places);
  EXPECT_EQ(found.layouts[0].shape, (Numbers{rows, 2}));
  EXPECT_EQ(found.layouts[0].stride, (Numbers{2, 1})) << "dense, whatever the gaps were";
  EXPECT_EQ(found.problem.operands[0].bits, (std::vector<std::uint32_t>{0, 1, 2, 3, 2, 3}));
  EXPECT_EQ(found.positions[0], (Numbers{0, 1, 8, 9, 2 * rows - 2, 2 * rows - 1}));
  EXPECT_EQ(found.positions[1], (Numbers{0, 4})) << "no rows there";
  EXPECT_EQ(found.layouts[2].shape, (Numbers{2, rows}));
  EXPECT_EQ(found.layouts[2].stride, (Numbers{1, 2})) << "the order of the axes in memory stays";
  EXPECT_EQ(found.positions[2], (Numbers{0, 8, 2 * rows - 2, 1, 9, 2 * rows - 1}));
}

TEST(Spread, CountsRows) {
  EXPECT_EQ(rows_of(problem(), kRows), 2);
  EXPECT_EQ(rows_of(problem(), {"rows", {{"absent", 0}}}), 0);
}

}  // namespace
}  // namespace mlacheck
