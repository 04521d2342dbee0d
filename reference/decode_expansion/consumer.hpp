// A model of the kernels that read an expanded table: it walks over exactly the entries that they
// would read, and reports each access that would leave the table or the page pool.
//
// Paged attention kernels and top-k kernels read lengths as UNSIGNED 32-bit numbers, so that a
// length of -1 asks for 2^32 - 1 tokens; they look up ceil(length / page_size) pages, and nothing
// for length 0. Seen from them, a wrong row of an expansion is not a wrong number but a wild read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mlacheck::decode_expansion {

struct View {
  std::int64_t rows = 0;       ///< rows that are consumed: the padded token count
  std::int64_t columns = 0;    ///< columns that hold pages: the width of the source table
  std::int64_t row_pitch = 0;  ///< elements from one row of `block_table` to the next, >= columns
  std::int64_t page_size = 1;  ///< tokens a page
  std::int64_t pool_pages = 0;
  /// Some kernels issue the copy of a row's first page before they look at its length.
  bool prefetches_first_page = false;
  std::vector<std::uint32_t> seq_lens;     ///< bits, at least `rows`
  std::vector<std::uint32_t> block_table;  ///< bits, at least (rows - 1) * row_pitch + columns
};

/// One line a faulty row: its first fault, with row, column and values. Empty: every read is in
/// bounds. Throws std::invalid_argument naming a member that contradicts the others.
std::vector<std::string> consumer_faults(const View& view);

}  // namespace mlacheck::decode_expansion
