#include "harness/values/tensor.hpp"

#include <algorithm>
#include <limits>
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

std::string shape_text(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (const std::int64_t extent : shape) {
    text += (text.size() == 1 ? "" : ",") + std::to_string(extent);
  }
  return text + "]";
}

std::optional<std::int64_t> dense_bytes(DType dtype, std::span<const std::int64_t> shape) {
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  auto bytes = static_cast<std::int64_t>(size_of(dtype));
  for (const std::int64_t extent : shape) {
    if (extent > std::numeric_limits<std::int64_t>::max() / bytes) return std::nullopt;
    bytes *= extent;
  }
  return bytes;
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
  // Unsigned: a request for too much has strides that do not fit, and gets no memory.
  std::uint64_t stride = 1;
  while (axis-- > 0) {
    tensor.stride[axis] = static_cast<std::int64_t>(stride);
    stride *= static_cast<std::uint64_t>(tensor.shape[axis]);
  }
  return tensor;
}

}  // namespace mlacheck
