#include "reference/decode_expansion/consumer.hpp"

#include <algorithm>
#include <stdexcept>

namespace mlacheck::decode_expansion {
namespace {

void require(bool condition, const std::string& member, std::int64_t value,
             const std::string& expected) {
  if (condition) return;
  throw std::invalid_argument("expansion view: " + member + " = " + std::to_string(value) +
                              " where " + expected + " is needed");
}

void check_view(const View& view) {
  const auto lengths = static_cast<std::int64_t>(view.seq_lens.size());
  const auto entries = static_cast<std::int64_t>(view.block_table.size());
  require(view.rows >= 0, "rows", view.rows, "at least 0");
  require(view.columns >= 0, "columns", view.columns, "at least 0");
  require(view.row_pitch >= view.columns, "row_pitch", view.row_pitch,
          "at least columns = " + std::to_string(view.columns));
  require(view.page_size >= 1, "page_size", view.page_size, "at least 1");
  require(view.pool_pages >= 0, "pool_pages", view.pool_pages, "at least 0");
  require(lengths >= view.rows, "size of seq_lens", lengths,
          "at least rows = " + std::to_string(view.rows));
  const std::int64_t needed = view.rows == 0 ? 0 : (view.rows - 1) * view.row_pitch + view.columns;
  require(entries >= needed, "size of block_table", entries, "at least " + std::to_string(needed));
}

// Empty, or the first fault of reading one row.
std::string row_fault(const View& view, std::int64_t row) {
  const std::uint32_t length = view.seq_lens[static_cast<std::size_t>(row)];
  std::int64_t pages = (std::int64_t{length} + view.page_size - 1) / view.page_size;
  if (view.prefetches_first_page) pages = std::max<std::int64_t>(pages, 1);
  const std::string place = "row " + std::to_string(row) + ", length " + std::to_string(length);
  if (pages > view.columns) {
    return place + ": " + std::to_string(pages) + " pages of " + std::to_string(view.page_size) +
           " tokens are looked up, the table has " + std::to_string(view.columns) + " columns";
  }
  for (std::int64_t column = 0; column < pages; ++column) {
    const std::uint32_t page =
        view.block_table[static_cast<std::size_t>(row * view.row_pitch + column)];
    if (page >= view.pool_pages) {
      return place + ": column " + std::to_string(column) + " names page " + std::to_string(page) +
             ", the pool has " + std::to_string(view.pool_pages);
    }
  }
  return {};
}

}  // namespace

std::vector<std::string> consumer_faults(const View& view) {
  check_view(view);
  std::vector<std::string> faults;
  for (std::int64_t row = 0; row < view.rows; ++row) {
    std::string fault = row_fault(view, row);
    if (!fault.empty()) faults.push_back(std::move(fault));
  }
  return faults;
}

}  // namespace mlacheck::decode_expansion
