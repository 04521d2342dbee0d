#include "properties/decode_expansion/parts.hpp"

namespace mlacheck::decode_expansion {

std::optional<Cost> cost_of_variant(const Problem& problem, std::string_view variant) {
  if (variant != "generic" && variant != "uniform") return std::nullopt;
  const auto tokens = static_cast<std::uint64_t>(problem.integer("tokens"));
  if (tokens == 0) return Cost{};
  if (variant == "uniform") return Cost{.launches = 1};
  const std::vector<std::int64_t>& table = problem.operand("block_table").layout.shape;
  // The request of each row, and each request's first row with the end of the last one.
  const std::uint64_t bytes =
      sizeof(std::int32_t) * (tokens + static_cast<std::uint64_t>(table[0]) + 1);
  // Lengths first; a table without columns needs no rows gathered.
  const std::uint64_t launches = table[1] == 0 ? 2 : 3;
  return Cost{
      .launches = launches, .allocations = 2, .bytes_allocated = bytes, .peak_bytes = bytes};
}

}  // namespace mlacheck::decode_expansion
