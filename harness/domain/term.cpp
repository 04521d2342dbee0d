#include "harness/domain/term.hpp"

#include <algorithm>

namespace mlacheck {

bool FieldTerm::admits(std::int64_t value, std::int64_t other_value) const {
  const bool named = std::ranges::find(numbers, value) != numbers.end();
  switch (relation) {
    case Relation::one_of:
      return named;
    case Relation::none_of:
      return !named;
    case Relation::at_least:
      return value >= numbers.front();
    case Relation::at_most:
      return value <= numbers.front();
    case Relation::multiple_of:
      return value % numbers.front() == 0;
    case Relation::equal_to:
      return value == other_value;
  }
  return false;
}

std::int64_t FieldTerm::nearest(std::int64_t value, std::int64_t other_value,
                                const Field& limits) const {
  if (admits(value, other_value)) return value;
  switch (relation) {
    case Relation::one_of:
      // Which one follows from the value, so that many values meet all of them.
      return numbers[static_cast<std::size_t>(value) % numbers.size()];
    case Relation::none_of:
      for (std::int64_t next = value + 1; next <= limits.maximum; ++next) {
        if (admits(next, other_value)) return next;
      }
      for (std::int64_t next = limits.minimum; next < value; ++next) {
        if (admits(next, other_value)) return next;
      }
      return value;
    case Relation::at_least:
    case Relation::at_most:
      return numbers.front();
    case Relation::multiple_of: {
      const std::int64_t down = value / numbers.front() * numbers.front();
      const std::int64_t up = down + numbers.front();
      return up <= limits.maximum ? up : down;
    }
    case Relation::equal_to:
      return std::clamp(other_value, limits.minimum, limits.maximum);
  }
  return value;
}

}  // namespace mlacheck
