#include <algorithm>

#include "properties/chunked_context/parts.hpp"

namespace mlacheck::chunked_context {

std::optional<Cost> cost_of_variant(const Problem& problem, std::string_view variant) {
  if (variant != "fresh" && variant != "swapped") return std::nullopt;
  const Operand& out = problem.operand("out");
  const std::int64_t tokens = out.layout.shape[0];
  const std::int64_t heads = out.layout.shape[1];
  const auto row_bytes = static_cast<std::uint64_t>(out.layout.shape[2]) * size_of(out.dtype);
  if (tokens * heads == 0 || row_bytes == 0) return Cost{};
  const auto chunks = static_cast<std::uint64_t>(problem.integer("chunks"));
  const std::int64_t copied = tokens - problem.integer("prefill_tokens_with_context");
  const std::uint64_t pair_bytes =
      static_cast<std::uint64_t>(tokens * heads) * (row_bytes + sizeof(float));
  const std::uint64_t merges = chunks - 1;  // before the last one, which has the caller's buffer
  const std::uint64_t pairs = variant == "fresh" ? merges : std::min<std::uint64_t>(merges, 1);
  // While a merge runs, its result and the running state that it reads are held.
  const std::uint64_t held = std::min<std::uint64_t>(pairs, 2);
  return Cost{.launches = chunks,
              .allocations = 2 * pairs,
              .bytes_allocated = pairs * pair_bytes,
              .peak_bytes = held * pair_bytes,
              .bytes_copied = static_cast<std::uint64_t>(copied * heads) * row_bytes};
}

}  // namespace mlacheck::chunked_context
