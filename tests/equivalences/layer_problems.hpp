// Problems of one op of the layer made of those of another: the same attention, asked in another way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "harness/op/problem.hpp"

namespace mlacheck::equivalences {

using Integers = std::vector<std::int64_t>;

/// The elements of an operand of type i32.
Integers entries_of(const Operand& operand);

/// Makes it a dense list.
void set_entries(Operand& operand, const Integers& values);

/// 0, then the running sums.
Integers running_sums(const Integers& values);

/// Where a paged cache has the latent row of a position.
class PagedRows {
 public:
  /// `pages_before`: of ranks in front.
  PagedRows(const Operand& kv, const Operand& block_table, std::int64_t pages_before = 0);

  /// First element of the row of `position` of a request.
  std::size_t row_of(std::int64_t request, std::int64_t position) const;
  std::int64_t columns() const { return columns_; }

 private:
  Integers table_;
  std::int64_t width_;
  std::int64_t page_;
  std::int64_t columns_;
  std::int64_t before_;
};

/// The tokens of a decode step as new tokens of a prefill step, whose context is what the cache has of
/// their requests before: keys and values of every head, made from the latents. Rows are those of the
/// decode step less its padding. No request may have fewer keys than tokens.
Problem as_prefill(const Problem& decode, std::int64_t chunk);

/// Context and new tokens of a prefill step as new tokens of another one without context, which has
/// `rows_before` more rows in front of those of each request.
struct Unchunked {
  Problem problem;
  Integers rows_before;
};
Unchunked without_context(const Problem& prefill);

}  // namespace mlacheck::equivalences
