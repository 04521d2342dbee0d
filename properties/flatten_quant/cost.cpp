#include "properties/common/copy_cost.hpp"
#include "properties/flatten_quant/model.hpp"

namespace mlacheck {

std::optional<Cost> flatten_quant_cost(const Problem& problem, std::string_view variant) {
  return copy_cost(problem.operand("x"), variant);
}

}  // namespace mlacheck
