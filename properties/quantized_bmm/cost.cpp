#include "properties/common/copy_cost.hpp"
#include "properties/quantized_bmm/model.hpp"

namespace mlacheck {

std::optional<Cost> quantized_bmm_cost(const Problem& problem, std::string_view variant) {
  const Operand& out = problem.operand("out");
  std::optional<Cost> cost = copy_cost(out, variant);
  const std::int64_t splits = problem.integer("splits");
  if (!cost.has_value() || out.layout.elements() == 0 || splits <= 1) return cost;
  // fp32 partials, and the launch that adds them up.
  const std::uint64_t bytes = static_cast<std::uint64_t>(splits * out.layout.elements()) * 4;
  ++cost->launches;
  ++cost->allocations;
  cost->bytes_allocated += bytes;
  cost->peak_bytes += bytes;
  return cost;
}

}  // namespace mlacheck
