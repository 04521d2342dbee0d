#include "properties/quantized_bmm/cost.hpp"

#include "properties/common/copy_cost.hpp"
#include "reference/quantized_bmm/parameters.hpp"

namespace mlacheck::quantized_bmm {

std::optional<Cost> cost_of_variant(const Problem& problem, std::string_view variant) {
  const Operand& out = problem.operand("out");
  std::optional<Cost> cost = copy_cost(out, variant);
  const std::int64_t splits = Parameters::of(problem).splits;
  if (!cost.has_value() || out.layout.elements() == 0 || splits <= 1) return cost;
  // fp32 partials, and the launch that adds them up.
  const std::uint64_t bytes = static_cast<std::uint64_t>(splits * out.layout.elements()) * 4;
  ++cost->launches;
  ++cost->allocations;
  cost->bytes_allocated += bytes;
  cost->peak_bytes += bytes;
  return cost;
}

}  // namespace mlacheck::quantized_bmm
