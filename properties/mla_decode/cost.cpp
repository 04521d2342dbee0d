#include "properties/mla_decode/parts.hpp"

namespace mlacheck::mla_decode {

std::optional<Cost> cost_of_variant(const Problem& problem, std::string_view variant) {
  if (variant != "zero_filled" && variant != "empty") return std::nullopt;
  const Operand& out = problem.operand("out");
  const auto rows = static_cast<std::uint64_t>(out.layout.shape[0] * out.layout.shape[1]);
  if (rows == 0) return Cost{};
  const auto latent = static_cast<std::uint64_t>(out.layout.shape[2]);
  const auto splits = static_cast<std::uint64_t>(problem.integer("num_splits"));
  Cost cost{.launches = 1};
  if (splits > 1) {
    // Partial values and their LSEs, in fp32; the second launch combines them.
    const std::uint64_t bytes = rows * splits * (latent + 1) * sizeof(float);
    cost = {.launches = 2, .allocations = 2, .bytes_allocated = bytes, .peak_bytes = bytes};
  }
  if (variant == "zero_filled") {
    ++cost.launches;
    cost.bytes_filled = rows * latent * size_of(out.dtype);
  }
  return cost;
}

}  // namespace mlacheck::mla_decode
