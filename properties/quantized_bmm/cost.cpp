#include "properties/quantized_bmm/model.hpp"

namespace mlacheck {

std::optional<Cost> quantized_bmm_cost(const Problem& problem, std::string_view variant) {
  if (variant != "copy" && variant != "strided") return std::nullopt;
  const Operand& out = problem.operand("out");
  const auto elements = static_cast<std::uint64_t>(out.layout.elements());
  if (elements == 0) return Cost{};
  Cost cost{.launches = 1};
  if (const std::int64_t splits = problem.integer("splits"); splits > 1) {
    // fp32 partials, and the launch that adds them up.
    ++cost.launches;
    ++cost.allocations;
    cost.bytes_allocated += static_cast<std::uint64_t>(splits) * elements * 4;
  }
  if (variant == "copy") {
    const std::uint64_t bytes = elements * size_of(out.dtype);
    ++cost.launches;
    ++cost.allocations;
    cost.bytes_allocated += bytes;
    cost.bytes_copied = bytes;
  }
  cost.peak_bytes = cost.bytes_allocated;
  return cost;
}

}  // namespace mlacheck
