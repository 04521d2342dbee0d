#include "properties/common/copy_cost.hpp"
#include "properties/strided_bmm/model.hpp"

namespace mlacheck {

std::optional<Cost> strided_bmm_cost(const Problem& problem, std::string_view variant) {
  return copy_cost(problem.operand("out"), variant);
}

}  // namespace mlacheck
