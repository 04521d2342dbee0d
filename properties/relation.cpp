#include "properties/relation.hpp"

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

}  // namespace mlacheck
