// Which null answers, such as zeros, would comparison with the oracle let pass?
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/subjects/ops.hpp"

namespace mlacheck {

/// What stands in an output in place of the right answer. The others keep theirs.
enum class NullAnswer : std::uint8_t {
  zeros,
  mean,      ///< of the right answers that are finite
  previous,  ///< the right answer to a case of the same extents with another seed
  axis_0,    ///< the right answer, its parts along an axis exchanged: each has the next one's
  axis_1,
  axis_2,
  scales,  ///< the right answer for scales, among the inputs, of which each is its neighbour's
};

inline constexpr std::size_t kNullAnswers = 7;

struct DiscriminationCell {
  std::int64_t cases = 0;    ///< in which the null answer is not the right one
  std::int64_t refused = 0;  ///< by the comparison with the oracle

  /// Values let it pass in every case that could have shown it.
  bool passes() const { return cases > 0 && refused == 0; }
};

/// One output of an op, on data of one class.
struct DiscriminationRow {
  std::string op;
  std::string output;
  std::string value_class;  ///< of the op's field "values", or "lse=" and one of that; else "all"
  std::vector<DiscriminationCell> cells = std::vector<DiscriminationCell>(kNullAnswers);

  /// No null answer was ever wrong: the row shows nothing.
  bool empty() const {
    return std::ranges::all_of(cells, [](const DiscriminationCell& c) { return c.cases == 0; });
  }
};

/// From `cases` drawn cases for each class, or fewer once a signal came. No kernel runs.
std::vector<DiscriminationRow> discriminate(const OpEntry& op, std::int64_t cases,
                                            std::uint64_t seed);

/// As a table of shares refused, in percent; "-" where the null answer was always the right one.
std::string render_discrimination(const std::vector<DiscriminationRow>& rows);

}  // namespace mlacheck
