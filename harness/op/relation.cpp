#include "harness/op/relation.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace mlacheck {
namespace {

// Logical elements of `operand` in the order of the taken one.
std::vector<std::size_t> origins(const Operand& operand, std::size_t axis,
                                 const std::vector<std::int64_t>& indices) {
  const std::vector<std::int64_t>& shape = operand.layout.shape;
  std::size_t outer = 1;
  std::size_t inner = 1;
  for (std::size_t k = 0; k < axis; ++k) outer *= static_cast<std::size_t>(shape[k]);
  for (std::size_t k = axis + 1; k < shape.size(); ++k) inner *= static_cast<std::size_t>(shape[k]);
  const auto extent = static_cast<std::size_t>(shape[axis]);
  std::vector<std::size_t> result;
  result.reserve(outer * indices.size() * inner);
  for (std::size_t o = 0; o < outer; ++o) {
    for (const std::int64_t index : indices) {
      const std::size_t first = (o * extent + static_cast<std::size_t>(index)) * inner;
      for (std::size_t i = 0; i < inner; ++i) result.push_back(first + i);
    }
  }
  return result;
}

}  // namespace

Operand take(const Operand& operand, std::size_t axis, const std::vector<std::int64_t>& indices) {
  Operand result = operand;
  std::vector<std::int64_t> shape = operand.layout.shape;
  shape[axis] = static_cast<std::int64_t>(indices.size());
  result.layout = Layout::dense(std::move(shape));
  const std::vector<std::size_t> from = origins(operand, axis, indices);
  if (!operand.bits.empty()) {
    result.bits.clear();
    for (const std::size_t i : from) result.bits.push_back(operand.bits[i]);
  }
  if (!operand.cells.empty()) {
    result.cells.clear();
    for (const std::size_t i : from) result.cells.push_back(operand.cells[i]);
  }
  return result;
}

Match match_taken(const Operand& operand, std::size_t axis,
                  const std::vector<std::int64_t>& indices) {
  Match match;
  match.operand = operand.name;
  match.mine = origins(operand, axis, indices);
  match.theirs.resize(match.mine.size());
  for (std::size_t i = 0; i < match.theirs.size(); ++i) match.theirs[i] = i;
  return match;
}

Relation restricted(Check check, std::string name, const Problem& problem,
                    const std::vector<OperandAxis>& axes,
                    const std::vector<std::int64_t>& indices) {
  Relation relation{check, std::move(name), problem, {}};
  for (Operand& operand : relation.problem.operands) {
    for (const OperandAxis& named : axes) {
      if (named.operand != operand.name) continue;
      if (operand.access == Access::output) {
        relation.matches.push_back(match_taken(operand, named.axis, indices));
      }
      operand = take(operand, named.axis, indices);
      break;
    }
  }
  return relation;
}

void set_integer(Problem& problem, std::string_view name, std::int64_t value) {
  for (auto& [key, old] : problem.integers) {
    if (key != name) continue;
    old = value;
    return;
  }
  throw std::out_of_range("problem has no integer '" + std::string(name) + "'");
}

std::vector<std::int64_t> index_range(std::int64_t first, std::int64_t end) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(end - first));
  std::iota(indices.begin(), indices.end(), first);
  return indices;
}

// Fisher and Yates.
std::vector<std::int64_t> draw_order(Random& random, std::int64_t first, std::int64_t end) {
  std::vector<std::int64_t> order = index_range(first, end);
  for (std::int64_t i = std::ssize(order) - 1; i > 0; --i) {
    std::swap(order[static_cast<std::size_t>(i)],
              order[static_cast<std::size_t>(random.between(0, i))]);
  }
  // Few indices have few orders, and the identity among them would test nothing.
  if (order.size() > 1 && std::is_sorted(order.begin(), order.end())) {
    std::swap(order.front(), order.back());
  }
  return order;
}

std::vector<Relation> draw_relations(Random& random, std::vector<RelationMaker> candidates) {
  constexpr std::size_t kMost = 2;
  std::vector<Relation> relations;
  for (const std::int64_t i : draw_order(random, 0, std::ssize(candidates))) {
    if (relations.size() == kMost) break;
    if (auto relation = candidates[static_cast<std::size_t>(i)]()) {
      relations.push_back(std::move(*relation));
    }
  }
  return relations;
}

}  // namespace mlacheck
