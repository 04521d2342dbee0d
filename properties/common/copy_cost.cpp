#include "properties/common/copy_cost.hpp"

namespace mlacheck {

std::optional<Cost> copy_cost(const Operand& copied, std::string_view variant) {
  const bool direct = variant == "strided" || variant == "async";
  if (variant != "copy" && !direct) return std::nullopt;
  const auto bytes = static_cast<std::uint64_t>(copied.layout.elements()) * size_of(copied.dtype);
  if (bytes == 0) return Cost{};
  if (direct) return Cost{.launches = 1};
  return Cost{.launches = 2,
              .allocations = 1,
              .bytes_allocated = bytes,
              .peak_bytes = bytes,
              .bytes_copied = bytes};
}

}  // namespace mlacheck
