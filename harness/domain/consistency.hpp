// Terms of a domain that contradict each other, and numbers that meet several of them at once.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "harness/domain/term.hpp"

namespace mlacheck {

/// The terms on one number, all together. Fields that `==` makes equal are one number.
class ClaimedNumber {
 public:
  /// Any from `minimum` to `maximum`.
  ClaimedNumber(std::int64_t minimum, std::int64_t maximum) : low_(minimum), high_(maximum) {}

  /// Leaves the numbers that meet `term` as well. An equality says nothing of one number.
  void narrow(const FieldTerm& term);

  /// Leaves those from `minimum` to `maximum`.
  void narrow(std::int64_t minimum, std::int64_t maximum);

  /// The number nearest to `value` that is left, the smaller one of two; nothing if none is left.
  std::optional<std::int64_t> nearest(std::int64_t value) const;

 private:
  bool admits(std::int64_t value) const;

  std::int64_t low_;
  std::int64_t high_;
  std::int64_t step_ = 1;
  std::optional<std::vector<std::int64_t>> listed_{};
  std::vector<std::int64_t> excluded_{};
};

/// Throws std::invalid_argument naming the terms if no number can meet all terms on a field, or if an
/// operand's `layout=free` stands beside a term that asks more of the same operand. A list counts as
/// having entries.
void check_consistent(const std::vector<FieldTerm>& fields,
                      const std::vector<OperandTerm>& operands, const Schema& schema);

/// The case with each number and choice moved to the nearest value that meets all terms on it.
Case settled(Case c, const std::vector<FieldTerm>& fields);

}  // namespace mlacheck
