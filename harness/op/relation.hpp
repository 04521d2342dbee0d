// Metamorphic relations: two problems, and which elements of their results must be bit-equal, or
// apart by a constant within their bounds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/op/problem.hpp"
#include "harness/op/random.hpp"
#include "harness/verdict/finding.hpp"

namespace mlacheck {

/// Element `mine` of an output must equal element `theirs` of the other problem's output of that
/// name; both count in logical order. With `moved_by`, theirs is mine plus this (of LSEs in natural
/// units), as far as the bounds of both tell.
struct Match {
  std::string operand;
  std::vector<std::size_t> mine;
  std::vector<std::size_t> theirs;
  std::optional<double> moved_by{};
};

struct Relation {
  Check check = Check::batch;
  std::string name;  ///< "token 3 alone"
  Problem problem;   ///< the other problem
  std::vector<Match> matches;
  /// Fields of the case of which the other problem would have other values, beside extents and layouts.
  std::vector<std::string> changes{};
  std::string outside{};  ///< why the other problem is outside the subject's domain
};

/// An operand restricted to `indices` of one axis (any order, repeats allowed), laid out densely.
/// Outputs keep their access and cells.
Operand take(const Operand& operand, std::size_t axis, const std::vector<std::int64_t>& indices);

/// For an output: matches each element of `take(operand, axis, indices)` with its origin.
Match match_taken(const Operand& operand, std::size_t axis,
                  const std::vector<std::int64_t>& indices);

/// The axis of one operand that counts tokens, heads or requests.
struct OperandAxis {
  std::string operand;
  std::size_t axis;
};

/// `problem` with all `axes` restricted to `indices`; operands that it lacks are passed over. The
/// outputs among them are matched with their origins.
Relation restricted(Check check, std::string name, const Problem& problem,
                    const std::vector<OperandAxis>& axes, const std::vector<std::int64_t>& indices);

void set_integer(Problem& problem, std::string_view name, std::int64_t value);

/// first, first + 1, ..., end - 1
std::vector<std::int64_t> index_range(std::int64_t first, std::int64_t end);

/// The same in another order, if there are two or more.
std::vector<std::int64_t> draw_order(Random& random, std::int64_t first, std::int64_t end);

/// Builds one relation, or nothing where its condition does not hold. Each costs a run and its
/// operands' memory, so only the drawn ones are built.
using RelationMaker = std::function<std::optional<Relation>()>;

/// At most two of the `candidates` that apply, each of them equally often.
std::vector<Relation> draw_relations(Random& random, std::vector<RelationMaker> candidates);

}  // namespace mlacheck
