#include "harness/execute/address_context.hpp"

#include <algorithm>
#include <optional>

namespace mlacheck {

Addresses::~Addresses() {
  for (std::byte* const memory : taken_) backend_->free_sparse(memory);
}

std::byte* Addresses::take(std::int64_t bytes, const std::string& name) {
  constexpr std::int64_t kMostBytes = std::int64_t{1} << 44;
  if (bytes > kMostBytes) return nullptr;
  const auto size = static_cast<std::size_t>(std::max<std::int64_t>(bytes, 1));
  std::byte* const memory = memory_ == Memory::accessible
                                ? backend_->allocate_spread(size, {}, name)
                                : backend_->allocate_sparse(size, {}, name);
  if (memory != nullptr) taken_.push_back(memory);
  return memory;
}

Tensor AddressContext::allocate(std::string_view name, DType dtype,
                                std::span<const std::int64_t> shape) {
  const std::optional<std::int64_t> bytes = dense_bytes(dtype, shape);
  std::byte* const memory =
      bytes && *bytes > 0 ? addresses_->take(*bytes, std::string(name)) : nullptr;
  return scratch_.emplace_back(dense_tensor(memory, dtype, shape));
}

Status AddressContext::record(const LaunchRecord& launch) {
  launches_.push_back(launch);
  return {};
}

}  // namespace mlacheck
