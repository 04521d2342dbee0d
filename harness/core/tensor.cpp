#include "harness/core/tensor.hpp"

#include <sstream>

namespace mlacheck {

std::string describe(const Tensor& tensor) {
  std::ostringstream text;
  const auto list = [&](const std::array<std::int64_t, kMaxRank>& values) {
    for (int axis = 0; axis < tensor.rank; ++axis) {
      text << (axis == 0 ? "" : ",") << values[static_cast<std::size_t>(axis)];
    }
  };
  text << name_of(tensor.dtype) << '[';
  list(tensor.shape);
  text << "] stride (";
  list(tensor.stride);
  text << ')';
  return text.str();
}

std::int64_t span_elements(const Tensor& tensor) {
  std::int64_t last = 0;
  for (int axis = 0; axis < tensor.rank; ++axis) {
    const auto i = static_cast<std::size_t>(axis);
    if (tensor.shape[i] == 0) return 0;
    last += (tensor.shape[i] - 1) * tensor.stride[i];
  }
  return last + 1;
}

Tensor dense_tensor(void* data, DType dtype, std::span<const std::int64_t> shape) {
  Tensor tensor;
  tensor.data = data;
  tensor.dtype = dtype;
  tensor.rank = static_cast<int>(shape.size());
  std::size_t axis = 0;
  for (const std::int64_t extent : shape) tensor.shape[axis++] = extent;
  std::int64_t stride = 1;
  while (axis-- > 0) {
    tensor.stride[axis] = stride;
    stride *= tensor.shape[axis];
  }
  return tensor;
}

}  // namespace mlacheck
