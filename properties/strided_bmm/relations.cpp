#include <string>

#include "properties/strided_bmm/fields.hpp"

namespace mlacheck::strided_bmm {
namespace {

const std::vector<OperandAxis> kTokenAxes{{"x", 0}, {"out", 0}};
const std::vector<OperandAxis> kHeadAxes{{"x", 1}, {"w", 0}, {"out", 1}};

}  // namespace

std::vector<RowSize> row_sizes_of(const Problem& /*problem*/) {
  return {{"tokens", kTokenAxes}, {"heads", kHeadAxes}};
}

std::vector<Relation> relations_of(const Problem& problem, Random& random) {
  const std::vector<std::int64_t>& shape = problem.operand("out").layout.shape;
  const std::int64_t tokens = shape[0];
  const std::int64_t heads = shape[1];
  if (tokens == 0 || heads == 0 || shape[2] == 0) return {};
  const auto related = [&](std::string name, const std::vector<OperandAxis>& axes,
                           const std::vector<std::int64_t>& indices) {
    return restricted(Check::batch, std::move(name), problem, axes, indices);
  };
  std::vector<RelationMaker> candidates{
      [&] {
        const std::int64_t token = random.between(0, tokens - 1);
        return related("token " + std::to_string(token) + " alone", kTokenAxes, {token});
      },
      [&] {
        const std::int64_t token = random.between(0, tokens - 1);
        std::vector<std::int64_t> twice = index_range(0, tokens);
        twice.insert(twice.begin() + token, token);
        return related("token " + std::to_string(token) + " twice", kTokenAxes, twice);
      }};
  if (tokens > 1) {
    candidates.emplace_back(
        [&] { return related("tokens permuted", kTokenAxes, draw_order(random, 0, tokens)); });
  }
  if (heads > 1) {
    candidates.emplace_back(
        [&] { return related("heads permuted", kHeadAxes, draw_order(random, 0, heads)); });
  }
  return draw_relations(random, std::move(candidates));
}

}  // namespace mlacheck::strided_bmm
