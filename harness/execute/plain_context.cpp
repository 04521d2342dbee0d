#include "harness/execute/plain_context.hpp"

#include <algorithm>

namespace mlacheck {

Tensor PlainContext::allocate(std::string_view /*name*/, DType dtype,
                              std::span<const std::int64_t> shape) {
  Tensor tensor = dense_tensor(nullptr, dtype, shape);
  const auto bytes = static_cast<std::size_t>(tensor.elements()) * size_of(dtype);
  ++allocations_;
  if (bytes == 0) return tensor;
  blocks_.push_back(std::make_unique<std::byte[]>(bytes));
  tensor.data = blocks_.back().get();
  return tensor;
}

void PlainContext::release(const Tensor& scratch) {
  std::erase_if(blocks_, [&](const auto& block) { return block.get() == scratch.data; });
}

}  // namespace mlacheck
