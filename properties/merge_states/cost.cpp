#include "properties/merge_states/parts.hpp"

namespace mlacheck::merge_states {

std::optional<Cost> cost_of_variant(const Problem& problem, std::string_view variant) {
  if (variant != "scalar" && variant != "vectorized") return std::nullopt;
  const Operand& out = problem.operand("out");
  const std::int64_t tokens = out.layout.shape[0];
  const std::int64_t heads = out.layout.shape[1];
  if (tokens == 0 || heads == 0) return Cost{};
  // Tokens without context pass through, values and LSE.
  const std::int64_t copied = tokens - problem.integer("prefill_tokens_with_context");
  auto row_bytes = static_cast<std::uint64_t>(out.layout.shape[2]) * size_of(out.dtype);
  if (problem.find("lse_out") != nullptr) row_bytes += sizeof(float);
  return Cost{.launches = 1,
              .bytes_copied = static_cast<std::uint64_t>(copied * heads) * row_bytes};
}

}  // namespace mlacheck::merge_states
