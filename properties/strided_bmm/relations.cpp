#include <string>

#include "properties/strided_bmm/model.hpp"

namespace mlacheck {
namespace {

const std::vector<OperandAxis> kRowAxes{{"x", 0}, {"out", 0}};
const std::vector<OperandAxis> kHeadAxes{{"x", 1}, {"w", 0}, {"out", 1}};

}  // namespace

std::vector<Relation> strided_bmm_relations(const Problem& problem, Random& random) {
  const std::vector<std::int64_t>& shape = problem.operand("out").layout.shape;
  const std::int64_t rows = shape[0];
  const std::int64_t heads = shape[1];
  if (rows == 0 || heads == 0 || shape[2] == 0) return {};
  const auto related = [&](std::string name, const std::vector<OperandAxis>& axes,
                           const std::vector<std::int64_t>& indices) {
    return restricted(Check::batch, std::move(name), problem, axes, indices);
  };
  std::vector<RelationMaker> candidates{
      [&] {
        const std::int64_t row = random.between(0, rows - 1);
        return related("row " + std::to_string(row) + " alone", kRowAxes, {row});
      },
      [&] {
        const std::int64_t row = random.between(0, rows - 1);
        std::vector<std::int64_t> twice = index_range(0, rows);
        twice.insert(twice.begin() + row, row);
        return related("row " + std::to_string(row) + " twice", kRowAxes, twice);
      }};
  if (rows > 1) {
    candidates.emplace_back(
        [&] { return related("rows permuted", kRowAxes, draw_order(random, 0, rows)); });
  }
  if (heads > 1) {
    candidates.emplace_back(
        [&] { return related("heads permuted", kHeadAxes, draw_order(random, 0, heads)); });
  }
  return draw_relations(random, std::move(candidates));
}

}  // namespace mlacheck
