#include "harness/checks/blocks_of_rows.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

namespace mlacheck {
namespace {

// The product passes 64 bits.
__extension__ using Wide = unsigned __int128;

std::uint64_t inner_blocks(const RowGrid& grid, std::uint64_t outer) {
  return (grid.one_row + outer - 1) / outer;
}

// Adds the blocks of `row` if the grid consists of `outer` parts that each go through all rows.
//
// With a tile of t rows and F inner blocks a part has ceil(rows / t) * F blocks, and those of the
// row begin at floor(row / t) * F. The row's share of the part, rounded down, lies from there to
// two times F behind. With one thread an element it is off by a block at most.
void add(std::vector<std::uint64_t>& blocks, const RowGrid& grid, std::int64_t row,
         std::uint64_t outer) {
  const std::uint64_t inner = inner_blocks(grid, outer);
  for (std::uint64_t part = 0; part < outer; ++part) {
    const Wide place =
        Wide{part} * static_cast<std::uint64_t>(grid.rows) + static_cast<std::uint64_t>(row);
    const auto share = static_cast<std::uint64_t>(
        place * grid.blocks / (Wide{outer} * static_cast<std::uint64_t>(grid.rows)));
    const std::uint64_t first = share - std::min(share, 2 * inner);
    const std::uint64_t last = std::min(share + inner + 1, grid.blocks - 1);
    for (std::uint64_t block = first; block <= last; ++block) blocks.push_back(block);
  }
}

}  // namespace

std::vector<std::uint64_t> blocks_of_rows(const RowGrid& grid, std::span<const std::int64_t> rows) {
  std::vector<std::uint64_t> blocks;
  if (grid.blocks <= grid.one_row) {
    blocks.resize(grid.blocks);
    std::iota(blocks.begin(), blocks.end(), std::uint64_t{0});
    return blocks;
  }
  for (const std::uint64_t outer : grid.outer) {
    for (const std::int64_t row : rows) add(blocks, grid, row, outer);
  }
  std::ranges::sort(blocks);
  const auto repeated = std::ranges::unique(blocks);
  blocks.erase(repeated.begin(), repeated.end());
  return blocks;
}

std::vector<RowRange> merged(std::vector<RowRange> ranges) {
  std::ranges::sort(ranges, {}, &RowRange::first);
  std::vector<RowRange> result;
  for (const RowRange& range : ranges) {
    if (!result.empty() && range.first <= result.back().end) {
      result.back().end = std::max(result.back().end, range.end);
    } else {
      result.push_back(range);
    }
  }
  return result;
}

std::vector<RowRange> rows_of_blocks(const RowGrid& grid, std::span<const std::uint64_t> blocks) {
  std::vector<RowRange> ranges;
  for (const std::uint64_t outer : grid.outer) {
    // A block is off by as much as add() says, and works on a tile.
    const Wide all = Wide{outer} * static_cast<std::uint64_t>(grid.rows);
    const auto each = static_cast<std::int64_t>(all / grid.blocks) + 1;
    const auto inner = static_cast<std::int64_t>(inner_blocks(grid, outer));
    const std::int64_t reach = (2 * inner + 2) * each;
    for (const std::uint64_t block : blocks) {
      const auto row = static_cast<std::int64_t>(Wide{block} * all / grid.blocks %
                                                 static_cast<std::uint64_t>(grid.rows));
      ranges.push_back({std::max<std::int64_t>(row - reach, 0), row + reach});
      // Next to the seam of two parts.
      if (row - reach < 0) ranges.push_back({grid.rows + row - reach, grid.rows});
      if (row + reach > grid.rows) ranges.push_back({0, row + reach - grid.rows});
    }
  }
  return merged(std::move(ranges));
}

std::optional<std::int64_t> foreign_row(const Layout& layout, std::size_t axis, std::size_t width,
                                        std::span<const Range> pages,
                                        std::span<const RowRange> allowed) {
  constexpr std::size_t kPage = 4096;  // or more: a larger one has more rows to be right by
  const std::int64_t rows = layout.shape[axis];
  const std::int64_t step = layout.stride[axis];
  if (step == 0) return std::nullopt;
  const auto is_allowed = [&](std::int64_t first, std::int64_t last) {
    const auto after = std::ranges::upper_bound(allowed, last, {}, &RowRange::first);
    return after != allowed.begin() && std::prev(after)->end > first;
  };
  for (const Range& range : pages) {
    for (std::size_t at = range.offset; at < range.offset + range.length; at += kPage) {
      const auto first = static_cast<std::int64_t>(at / width) / step;
      const auto last = static_cast<std::int64_t>((at + kPage - 1) / width) / step;
      // A page on which one outer index ends and the next begins may hold any row.
      if (first / rows != last / rows || is_allowed(first % rows, last % rows)) continue;
      return first % rows;
    }
  }
  return std::nullopt;
}

}  // namespace mlacheck
