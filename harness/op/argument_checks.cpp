#include "harness/op/argument_checks.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace mlacheck {
namespace {

std::string needed_shape(std::initializer_list<std::int64_t> shape) {
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

ArgumentChecker& ArgumentChecker::integer_at_least(std::string_view name, std::int64_t value,
                                                   std::int64_t least) {
  return require(name, value >= least, value,
                 [&] { return fmt::format("at least {} is needed", least); });
}

ArgumentChecker& ArgumentChecker::integer_within(std::string_view name, std::int64_t value,
                                                 std::int64_t least, std::int64_t most) {
  return require(name, value >= least && value <= most, value,
                 [&] { return fmt::format("a value in {}..{} is needed", least, most); });
}

ArgumentChecker& ArgumentChecker::real_in_float(std::string_view name, double value) {
  // Rounding to nearest takes half a step past the largest number to infinity, and a double beyond
  // the range of float must not be converted at all.
  constexpr double kLeast = 0x1.fffffep-127;  // the smallest double that becomes 2^-126
  constexpr double kBeyond = 0x1.ffffffp127;
  const double magnitude = std::fabs(value);
  const bool fits = value == 0 || (magnitude >= kLeast && magnitude < kBeyond);
  return require(
      name, fits, [&] { return fmt::format("{:.9g}", value); },
      "0 or a number that is finite and normal in fp32, 1.17549435e-38 to "
      "3.40282347e+38 in magnitude, is needed");
}

ArgumentChecker& ArgumentChecker::shape(std::string_view name, const Tensor& tensor,
                                        std::initializer_list<std::int64_t> shape) {
  bool same = tensor.rank == static_cast<int>(shape.size());
  std::size_t axis = 0;
  for (const std::int64_t extent : shape) {
    same = same && (extent < 0 ? tensor.shape[axis] >= 0 : tensor.shape[axis] == extent);
    ++axis;
  }
  return require(name, same, tensor, [&] { return needed_shape(shape); });
}

ArgumentChecker& ArgumentChecker::dtype(std::string_view name, const Tensor& tensor,
                                        std::initializer_list<DType> accepted) {
  const bool known = std::find(accepted.begin(), accepted.end(), tensor.dtype) != accepted.end();
  return require(name, known, tensor, [&] {
    std::string expected = "the element type must be one of";
    for (const DType dtype : accepted) expected.append(1, ' ').append(name_of(dtype));
    return expected;
  });
}

ArgumentChecker& ArgumentChecker::non_null(std::string_view name, const Tensor& tensor) {
  return require(
      name, tensor.data != nullptr || is_empty(tensor),
      [&] { return "null pointer with " + describe(tensor); }, "memory is needed");
}

ArgumentChecker& ArgumentChecker::aligned(std::string_view name, const Tensor& tensor) {
  return require(name, address_of(tensor) % size_of(tensor.dtype) == 0, tensor,
                 "the address must be a multiple of the element size");
}

ArgumentChecker& ArgumentChecker::unit_stride(std::string_view name, const Tensor& tensor,
                                              int axis) {
  const auto i = static_cast<std::size_t>(axis);
  return require(name, tensor.shape[i] <= 1 || tensor.stride[i] == 1 || tensor.elements() == 0,
                 tensor, [&] { return fmt::format("axis {} must have stride 1", axis); });
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
  require(name, positive, tensor, "strides must not be negative");
  return require(name, fits, tensor, "the span must be below 2^60 elements");
}

ArgumentChecker& ArgumentChecker::no_self_overlap(std::string_view name, const Tensor& tensor) {
  if (!ok()) return *this;  // spans may overflow unless addressable() has passed
  std::array<std::pair<std::int64_t, std::int64_t>, kMaxRank> axes;  // stride, extent
  auto end = axes.begin();
  for (int axis = 0; axis < tensor.rank; ++axis) {
    const auto i = static_cast<std::size_t>(axis);
    if (tensor.shape[i] == 0) return *this;
    if (tensor.shape[i] <= 1) continue;
    const std::pair<std::int64_t, std::int64_t> axis_of{tensor.stride[i], tensor.shape[i]};
    const auto place = std::upper_bound(axes.begin(), end, axis_of);
    std::move_backward(place, end, end + 1);
    *place = axis_of;
    ++end;
  }
  std::int64_t span = 1;
  bool apart = true;
  for (auto axis = axes.begin(); axis != end; ++axis) {
    apart = apart && axis->first >= span;
    span += axis->first * (axis->second - 1);
  }
  return require(name, apart, tensor, "no two elements may share memory");
}

ArgumentChecker& ArgumentChecker::disjoint(std::string_view name, const Tensor& tensor,
                                           std::string_view other_name, const Tensor& other) {
  if (!ok()) return *this;  // spans may overflow unless addressable() has passed
  const auto end = [](const Tensor& t) {
    return address_of(t) + static_cast<std::uintptr_t>(span_elements(t)) * size_of(t.dtype);
  };
  const bool apart = is_empty(tensor) || is_empty(other) || end(tensor) <= address_of(other) ||
                     end(other) <= address_of(tensor);
  return require(
      name, apart, [&] { return fmt::format("{} overlaps {}", describe(tensor), other_name); },
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
