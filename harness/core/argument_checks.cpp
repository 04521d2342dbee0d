#include "harness/core/argument_checks.hpp"

#include <algorithm>
#include <string>

namespace mlacheck {
namespace {

std::string shape_text(std::initializer_list<std::int64_t> shape) {
  std::string text = "shape [";
  const char* separator = "";
  for (const std::int64_t extent : shape) {
    text += separator;
    text += extent < 0 ? "any" : std::to_string(extent);
    separator = ",";
  }
  return text + "] is needed";
}

// Unlike elements() == 0 for any extents: broadcast ones may have a product that overflows.
bool is_empty(const Tensor& tensor) {
  return std::any_of(tensor.shape.begin(), tensor.shape.begin() + tensor.rank,
                     [](std::int64_t extent) { return extent == 0; });
}

std::uintptr_t address_of(const Tensor& tensor) {
  return reinterpret_cast<std::uintptr_t>(tensor.data);
}

}  // namespace

ArgumentChecker& ArgumentChecker::require(std::string_view name, bool condition,
                                          std::string_view value, std::string_view expected) {
  if (ok() && !condition) status_ = Status::invalid(name, value, expected);
  return *this;
}

ArgumentChecker& ArgumentChecker::integer_at_least(std::string_view name, std::int64_t value,
                                                   std::int64_t least) {
  return require(name, value >= least, std::to_string(value),
                 "at least " + std::to_string(least) + " is needed");
}

ArgumentChecker& ArgumentChecker::shape(std::string_view name, const Tensor& tensor,
                                        std::initializer_list<std::int64_t> shape) {
  bool same = tensor.rank == static_cast<int>(shape.size());
  std::size_t axis = 0;
  for (const std::int64_t extent : shape) {
    same = same && (extent < 0 ? tensor.shape[axis] >= 0 : tensor.shape[axis] == extent);
    ++axis;
  }
  return require(name, same, describe(tensor), shape_text(shape));
}

ArgumentChecker& ArgumentChecker::dtype(std::string_view name, const Tensor& tensor,
                                        std::initializer_list<DType> accepted) {
  std::string expected = "the element type must be one of";
  for (const DType dtype : accepted) expected.append(1, ' ').append(name_of(dtype));
  const bool known = std::find(accepted.begin(), accepted.end(), tensor.dtype) != accepted.end();
  return require(name, known, describe(tensor), expected);
}

ArgumentChecker& ArgumentChecker::non_null(std::string_view name, const Tensor& tensor) {
  return require(name, tensor.data != nullptr || is_empty(tensor),
                 "null pointer with " + describe(tensor), "memory is needed");
}

ArgumentChecker& ArgumentChecker::aligned(std::string_view name, const Tensor& tensor) {
  return require(name, address_of(tensor) % size_of(tensor.dtype) == 0, describe(tensor),
                 "the address must be a multiple of the element size");
}

ArgumentChecker& ArgumentChecker::unit_stride(std::string_view name, const Tensor& tensor,
                                              int axis) {
  const auto i = static_cast<std::size_t>(axis);
  return require(name, tensor.shape[i] <= 1 || tensor.stride[i] == 1, describe(tensor),
                 "axis " + std::to_string(axis) + " must have stride 1");
}

ArgumentChecker& ArgumentChecker::addressable(std::string_view name, const Tensor& tensor) {
  constexpr std::int64_t kLimit = std::int64_t{1} << 60;  // elements of 4 bytes: 2^62 bytes
  std::int64_t room = kLimit;
  bool fits = true;
  bool positive = true;
  for (int axis = 0; axis < tensor.rank; ++axis) {
    const auto i = static_cast<std::size_t>(axis);
    if (tensor.shape[i] <= 1) continue;
    positive = positive && tensor.stride[i] >= 0;
    if (tensor.stride[i] <= 0) continue;
    if (tensor.stride[i] > room / (tensor.shape[i] - 1)) {
      fits = false;
    } else {
      room -= tensor.stride[i] * (tensor.shape[i] - 1);
    }
  }
  require(name, positive, describe(tensor), "strides must not be negative");
  return require(name, fits, describe(tensor), "the span must be below 2^60 elements");
}

ArgumentChecker& ArgumentChecker::no_self_overlap(std::string_view name, const Tensor& tensor) {
  if (!ok()) return *this;  // spans may overflow unless addressable() has passed
  std::vector<std::pair<std::int64_t, std::int64_t>> axes;  // stride, extent
  for (int axis = 0; axis < tensor.rank; ++axis) {
    const auto i = static_cast<std::size_t>(axis);
    if (tensor.shape[i] == 0) return *this;
    if (tensor.shape[i] > 1) axes.emplace_back(tensor.stride[i], tensor.shape[i]);
  }
  std::sort(axes.begin(), axes.end());
  std::int64_t span = 1;
  bool apart = true;
  for (const auto& [stride, extent] : axes) {
    apart = apart && stride >= span;
    span += stride * (extent - 1);
  }
  return require(name, apart, describe(tensor), "no two elements may share memory");
}

ArgumentChecker& ArgumentChecker::disjoint(std::string_view name, const Tensor& tensor,
                                           std::string_view other_name, const Tensor& other) {
  if (!ok()) return *this;  // spans may overflow unless addressable() has passed
  const auto end = [](const Tensor& t) {
    return address_of(t) + static_cast<std::uintptr_t>(span_elements(t)) * size_of(t.dtype);
  };
  const bool apart = is_empty(tensor) || is_empty(other) || end(tensor) <= address_of(other) ||
                     end(other) <= address_of(tensor);
  return require(name, apart, describe(tensor) + " overlaps " + std::string(other_name),
                 "separate memory is needed");
}

ArgumentChecker& ArgumentChecker::operand(std::string_view name, const Tensor& tensor,
                                          std::initializer_list<std::int64_t> expected_shape,
                                          std::initializer_list<DType> accepted) {
  return shape(name, tensor, expected_shape)
      .dtype(name, tensor, accepted)
      .non_null(name, tensor)
      .aligned(name, tensor)
      .addressable(name, tensor);
}

}  // namespace mlacheck
