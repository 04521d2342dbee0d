#include "harness/op/rows.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace mlacheck {
namespace {

std::optional<std::size_t> axis_of(const RowSize& size, const std::string& operand) {
  const auto found = std::ranges::find(size.axes, operand, &OperandAxis::operand);
  return found == size.axes.end() ? std::nullopt : std::optional(found->axis);
}

// Of each element of `shape` in `layout`, whose rows are others.
std::vector<std::int64_t> positions_of(const std::vector<std::int64_t>& shape, const Layout& layout,
                                       std::size_t axis, const RowPlaces& places) {
  std::vector<std::int64_t> stride = layout.stride;
  const std::int64_t step = std::exchange(stride[axis], 0);
  std::vector<std::int64_t> positions = *Layout::strided(shape, stride).positions();
  std::size_t inner = 1;
  for (std::size_t a = axis + 1; a < shape.size(); ++a) inner *= static_cast<std::size_t>(shape[a]);
  for (std::size_t i = 0; i < positions.size(); ++i) {
    positions[i] += step * places.places()[i / inner % places.places().size()].at;
  }
  return positions;
}

}  // namespace

RowPlaces::RowPlaces(std::vector<Place> places, std::int64_t rows)
    : places_(std::move(places)), rows_(rows) {}

RowPlaces RowPlaces::alone() const {
  std::vector<Place> places = places_;
  for (std::size_t i = 0; i < places.size(); ++i) places[i].at = static_cast<std::int64_t>(i);
  const std::int64_t rows = std::ssize(places);
  return {std::move(places), rows};
}

std::int64_t RowPlaces::before(std::int64_t origin) const {
  const auto first = std::ranges::lower_bound(places_, origin, {}, &Place::origin);
  return first == places_.end() ? rows_ : first->at;
}

Spread spread(const Problem& problem, const RowSize& size, const RowPlaces& places) {
  std::vector<std::int64_t> origins;
  for (const RowPlaces::Place& place : places.places()) origins.push_back(place.origin);
  Spread result;
  result.problem = problem;
  for (Operand& operand : result.problem.operands) {
    const std::optional<std::size_t> axis = axis_of(size, operand.name);
    if (!axis) {
      result.layouts.push_back(operand.layout);
      result.positions.push_back(*operand.layout.positions());
      continue;
    }
    std::vector<std::int64_t> shape = operand.layout.shape;
    shape[*axis] = places.rows();
    result.layouts.push_back(Layout::dense_like(operand.layout, std::move(shape)));
    operand = take(operand, *axis, origins);
    result.positions.push_back(
        positions_of(operand.layout.shape, result.layouts.back(), *axis, places));
  }
  return result;
}

std::int64_t rows_of(const Problem& problem, const RowSize& size) {
  for (const Operand& operand : problem.operands) {
    if (const auto axis = axis_of(size, operand.name)) return operand.layout.shape[*axis];
  }
  return 0;
}

std::int64_t parts_before(const Problem& problem, const OperandAxis& rows) {
  const Operand* const operand = problem.find(rows.operand);
  if (operand == nullptr) return 0;
  std::int64_t parts = 1;
  for (std::size_t a = 0; a < rows.axis; ++a) parts *= operand->layout.shape[a];
  return parts;
}

}  // namespace mlacheck
