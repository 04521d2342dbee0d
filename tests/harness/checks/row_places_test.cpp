#include "harness/checks/row_places.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <set>
#include <vector>

#include "harness/checks/blocks_of_rows.hpp"

namespace mlacheck {
namespace {

constexpr std::int64_t kLimit = std::int64_t{1} << 31;

bool holds(const RowPlaces& places, std::int64_t row) {
  return std::ranges::count(places.places(), row, &RowPlaces::Place::at) == 1;
}

void expect_ordered(const RowPlaces& places) {
  std::int64_t last = -1;
  std::int64_t origin = 0;
  for (const RowPlaces::Place& place : places.places()) {
    EXPECT_GT(place.at, last);
    EXPECT_GE(place.origin, origin);
    EXPECT_LT(place.at, places.rows());
    last = place.at;
    origin = place.origin;
  }
}

TEST(PlacesToLook, AreTheEndsAndTheLimits) {
  const std::int64_t rows = (std::int64_t{1} << 25) + 5;
  const auto found = places_to_look({rows, 128 * rows, 256 * rows}, rows, 3, true);
  ASSERT_TRUE(found);
  expect_ordered(found->many);
  expect_ordered(found->fewer);
  for (const std::int64_t row :
       {std::int64_t{0}, rows - 1, kLimit / 128, kLimit / 256, 2 * kLimit / 256}) {
    EXPECT_TRUE(holds(found->many, row)) << row;
  }
  EXPECT_EQ(found->many.places().back().origin, 2) << "every row of the problem stands somewhere";
  EXPECT_LT(found->fewer.rows() * 256, kLimit);
  EXPECT_EQ(found->fewer.places().size(), found->many.places().size());
  EXPECT_TRUE(holds(found->fewer, found->fewer.rows() - 1));
}

TEST(PlacesToLook, DoNotRepeatRowsThatMayNot) {
  const std::int64_t rows = std::int64_t{1} << 32;
  const auto found = places_to_look({rows}, rows, 4, false);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->many.places().size(), 4U);
  EXPECT_EQ(found->many.places()[1].origin, 1);
  EXPECT_TRUE(holds(found->many, rows - 1));
}

TEST(PlacesToLook, AreNoneWhereNothingPassesALimit) {
  EXPECT_FALSE(places_to_look({1000, kLimit}, 1000, 3, true));
  EXPECT_FALSE(places_to_look({20, 2 * kLimit}, 20, 3, true)) << "twenty rows are too few";
}

// Blocks of a kernel with `outer` parts, tiles of `tile` rows, `inner` blocks a tile.
struct Tiled {
  std::uint64_t outer;
  std::uint64_t tile;
  std::uint64_t inner;

  std::uint64_t tiles(std::uint64_t rows) const { return (rows + tile - 1) / tile; }
  std::uint64_t blocks(std::uint64_t rows) const { return outer * tiles(rows) * inner; }
  std::uint64_t first_block(std::uint64_t part, std::uint64_t row, std::uint64_t rows) const {
    return (part * tiles(rows) + row / tile) * inner;
  }
};

TEST(BlocksOfRows, AreThoseOfTiles) {
  const std::vector<std::int64_t> at{0, 17, 1'000'003, (std::int64_t{1} << 32) + 80};
  const std::uint64_t rows = (std::uint64_t{1} << 32) + 83;
  for (const Tiled kernel : {Tiled{1, 16, 1}, Tiled{3, 16, 2}, Tiled{2, 1, 5}, Tiled{4, 64, 1}}) {
    const auto blocks = blocks_of_rows(
        {kernel.blocks(rows), kernel.blocks(1), static_cast<std::int64_t>(rows), {1, kernel.outer}},
        at);
    EXPECT_TRUE(std::ranges::is_sorted(blocks));
    EXPECT_LT(blocks.back(), kernel.blocks(rows));
    EXPECT_LT(blocks.size(), 1000U);
    for (const std::int64_t row : at) {
      for (std::uint64_t part = 0; part < kernel.outer; ++part) {
        for (std::uint64_t i = 0; i < kernel.inner; ++i) {
          const std::uint64_t block =
              kernel.first_block(part, static_cast<std::uint64_t>(row), rows) + i;
          EXPECT_TRUE(std::ranges::binary_search(blocks, block))
              << "row " << row << " of tiles of " << kernel.tile;
        }
      }
    }
  }
}

TEST(BlocksOfRows, AreThoseOfElements) {
  const std::uint64_t rows = (std::uint64_t{1} << 32) + 83;
  const std::vector<std::int64_t> at{0, 5, (std::int64_t{1} << 31) - 1,
                                     static_cast<std::int64_t>(rows) - 1};
  for (const std::uint64_t width :
       {std::uint64_t{1}, std::uint64_t{3}, std::uint64_t{100}, std::uint64_t{300}}) {
    constexpr std::uint64_t kThreads = 128;
    const auto blocks = blocks_of_rows({(rows * width + kThreads - 1) / kThreads,
                                        (width + kThreads - 1) / kThreads,
                                        static_cast<std::int64_t>(rows),
                                        {1}},
                                       at);
    for (const std::int64_t row : at) {
      const std::uint64_t first = static_cast<std::uint64_t>(row) * width;
      for (std::uint64_t block = first / kThreads; block <= (first + width - 1) / kThreads;
           ++block) {
        EXPECT_TRUE(std::ranges::binary_search(blocks, block)) << "row " << row << ", " << width;
      }
    }
  }
}

TEST(BlocksOfRows, AreThoseOfElementsInOuterParts) {
  constexpr std::uint64_t kThreads = 128;
  constexpr std::uint64_t kParts = 5;
  const std::uint64_t rows = (std::uint64_t{1} << 30) + 83;
  const std::vector<std::int64_t> at{0, 1 << 29, static_cast<std::int64_t>(rows) - 1};
  const auto blocks = blocks_of_rows(
      {(kParts * rows + kThreads - 1) / kThreads, 1, static_cast<std::int64_t>(rows), {kParts}},
      at);
  for (std::uint64_t part = 0; part < kParts; ++part) {
    for (const std::int64_t row : at) {
      const std::uint64_t element = part * rows + static_cast<std::uint64_t>(row);
      EXPECT_TRUE(std::ranges::binary_search(blocks, element / kThreads)) << part << ", " << row;
    }
  }
}

TEST(RowsOfBlocks, HoldTheRowsThatBlocksWereChosenFor) {
  const std::vector<std::int64_t> at{0, 17, 1'000'003, (std::int64_t{1} << 32) + 80};
  for (const std::uint64_t tile : {std::uint64_t{1}, std::uint64_t{16}, std::uint64_t{64}}) {
    const std::int64_t rows = (std::int64_t{1} << 32) + 83;
    const RowGrid grid{2 * ((static_cast<std::uint64_t>(rows) + tile - 1) / tile), 2, rows, {2}};
    const auto ranges = rows_of_blocks(grid, blocks_of_rows(grid, at));
    for (const std::int64_t row : at) {
      EXPECT_TRUE(std::ranges::any_of(ranges, [&](const RowRange& range) {
        return range.first <= row && row < range.end;
      })) << row;
    }
    std::int64_t all = 0;
    for (const RowRange& range : ranges) all += range.end - range.first;
    EXPECT_LT(all, 100'000) << "of so many rows these few";
  }
}

TEST(ForeignRow, IsOnAPageWithoutAnyRowThatIsAllowed) {
  // Four elements a row of four bytes: 256 rows a page.
  const Layout layout = Layout::dense({1 << 20, 4});
  const std::vector<RowRange> allowed{{0, 10}, {1000, 1001}};
  EXPECT_FALSE(foreign_row(layout, 0, 4, std::vector<Range>{{0, 4096}, {3 * 4096, 4096}}, allowed));
  EXPECT_EQ(foreign_row(layout, 0, 4, std::vector<Range>{{0, 8192}}, allowed), 256);
  // Two parts of 2^20 rows each, an element a row: 1024 rows a page.
  const Layout parts = Layout::dense({2, 1 << 20});
  const std::size_t second = std::size_t{4} << 20;
  EXPECT_FALSE(foreign_row(parts, 1, 4, std::vector<Range>{{second, 4096}}, allowed));
  EXPECT_EQ(foreign_row(parts, 1, 4, std::vector<Range>{{second + 4096, 4096}}, allowed), 1024);
}

// Six ways: each once in the first 96 cases, then on and on or rarely.
TEST(ManyRowsInTurn, AreRareWhereAllBlocksRun) {
  const auto tried = [](std::int64_t first, std::int64_t end, bool chooses_blocks) {
    std::vector<std::int64_t> numbers;
    for (std::int64_t turn = first; turn < end; ++turn) {
      const std::int64_t number = number_in_turn(turn, 6, chooses_blocks);
      if (number >= 0) numbers.push_back(number);
    }
    return numbers;
  };
  const std::vector<std::int64_t> each{0, 1, 2, 3, 4, 5};
  EXPECT_EQ(tried(0, 96, true), each);
  EXPECT_EQ(tried(0, 96, false), each);
  EXPECT_EQ(tried(96, 192, true), each);
  EXPECT_EQ(tried(96, 1024, false), (std::vector<std::int64_t>{}));
  EXPECT_EQ(tried(1024, 7 * 1024, false), (std::vector<std::int64_t>{1, 2, 3, 4, 5, 0}));
  EXPECT_EQ(number_in_turn(8, 0, false), -1) << "no size may grow";
}

TEST(BlocksOfRows, AreAllWhereTheGridDoesNotGrow) {
  EXPECT_EQ(blocks_of_rows({3, 3, 1 << 20, {1}}, std::vector<std::int64_t>{5}),
            (std::vector<std::uint64_t>{0, 1, 2}));
}

}  // namespace
}  // namespace mlacheck
