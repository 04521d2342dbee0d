// Metamorphic relations: two problems, and which elements of their results must be bit-equal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "harness/core/finding.hpp"
#include "harness/core/problem.hpp"

namespace mlacheck {

/// Element `mine` of an output must equal element `theirs` of the other problem's output of that
/// name; both count in logical order.
struct Match {
  std::string operand;
  std::vector<std::size_t> mine;
  std::vector<std::size_t> theirs;
};

struct Relation {
  Check check = Check::batch;
  std::string name;  ///< "token 3 alone"
  Problem problem;   ///< the other problem
  std::vector<Match> matches;
};

/// An operand restricted to `indices` of one axis (any order, repeats allowed), laid out densely.
/// Outputs keep their access and cells.
Operand take(const Operand& operand, std::size_t axis, const std::vector<std::int64_t>& indices);

/// For an output: matches each element of `take(operand, axis, indices)` with its origin.
Match match_taken(const Operand& operand, std::size_t axis,
                  const std::vector<std::int64_t>& indices);

}  // namespace mlacheck
