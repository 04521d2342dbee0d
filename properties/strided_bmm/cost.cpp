#include "properties/strided_bmm/parts.hpp"

namespace mlacheck::strided_bmm {

std::optional<Cost> cost_of_variant(const Problem& problem, std::string_view variant) {
  if (variant != "copy" && variant != "strided") return std::nullopt;
  const Operand& out = problem.operand("out");
  const auto bytes = static_cast<std::uint64_t>(out.layout.elements()) * size_of(out.dtype);
  if (bytes == 0) return Cost{};
  if (variant == "strided") return Cost{.launches = 1};
  return Cost{.launches = 2,
              .allocations = 1,
              .bytes_allocated = bytes,
              .peak_bytes = bytes,
              .bytes_copied = bytes};
}

}  // namespace mlacheck::strided_bmm
