// Which blocks of a grid work on chosen rows, told from the grid's size alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "harness/backends/backend.hpp"
#include "harness/op/problem.hpp"

namespace mlacheck {

/// How a grid grows with the rows. A block's number is made of an outer part (a head, a split), the row
/// or its tile, and an inner part (a tile of columns).
struct RowGrid {
  std::uint64_t blocks = 0;   ///< for all rows
  std::uint64_t one_row = 0;  ///< for a single one
  std::int64_t rows = 0;
  std::vector<std::uint64_t> outer{};  ///< how many outer parts there may be
};

/// Blocks that may work on one of `rows` (ascending). With several numbers of outer parts there are
/// blocks of other rows among them. Ascending, each once. Everything where the grid does not grow.
std::vector<std::uint64_t> blocks_of_rows(const RowGrid& grid, std::span<const std::int64_t> rows);

/// Rows [first, end).
struct RowRange {
  std::int64_t first = 0;
  std::int64_t end = 0;
};

/// The other way round: all rows that `blocks` may work on. Ascending, none of them next to another.
std::vector<RowRange> rows_of_blocks(const RowGrid& grid, std::span<const std::uint64_t> blocks);

/// Ascending, those that touch made one.
std::vector<RowRange> merged(std::vector<RowRange> ranges);

/// The first of `pages` (ascending) of a dense operand without a row in `allowed`, as one of its rows;
/// nothing if there is none. `axis` counts the rows.
std::optional<std::int64_t> foreign_row(const Layout& layout, std::size_t axis, std::size_t width,
                                        std::span<const Range> pages,
                                        std::span<const RowRange> allowed);

}  // namespace mlacheck
