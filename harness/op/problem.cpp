#include "harness/op/problem.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <tuple>

namespace mlacheck {

Layout Layout::dense(std::vector<std::int64_t> shape) {
  std::vector<std::int64_t> stride(shape.size());
  std::int64_t next = 1;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    stride[axis] = next;
    next *= shape[axis];
  }
  return strided(std::move(shape), std::move(stride));
}

Layout Layout::strided(std::vector<std::int64_t> shape, std::vector<std::int64_t> stride,
                       std::int64_t offset) {
  Layout layout;
  layout.shape = std::move(shape);
  layout.stride = std::move(stride);
  layout.offset = offset;
  layout.storage = offset;
  if (layout.elements() > 0) {
    layout.storage += 1;
    for (std::size_t axis = 0; axis < layout.shape.size(); ++axis) {
      layout.storage += (layout.shape[axis] - 1) * layout.stride[axis];
    }
  }
  return layout;
}

Layout Layout::dense_like(const Layout& other, std::vector<std::int64_t> shape) {
  std::vector<std::size_t> axes(shape.size());
  std::iota(axes.begin(), axes.end(), std::size_t{0});
  std::ranges::stable_sort(axes, std::ranges::greater{},
                           [&](std::size_t axis) { return other.stride[axis]; });
  std::vector<std::int64_t> stride(shape.size());
  std::int64_t step = 1;
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
    const bool broadcast = other.stride[*axis] == 0 && other.shape[*axis] > 1;
    stride[*axis] = broadcast ? 0 : step;
    if (!broadcast) step *= shape[*axis];
  }
  return strided(std::move(shape), std::move(stride));
}

std::int64_t Layout::elements() const {
  std::int64_t product = 1;
  for (const std::int64_t extent : shape) product *= extent;
  return product;
}

namespace {

std::vector<std::int64_t> positions_of(const Layout& layout) {
  const auto& [shape, stride, offset] = std::tie(layout.shape, layout.stride, layout.offset);
  std::vector<std::int64_t> result;
  const std::int64_t count = layout.elements();
  if (count == 0) return result;
  result.reserve(static_cast<std::size_t>(count));
  std::vector<std::int64_t> index(shape.size(), 0);
  std::int64_t position = offset;
  while (true) {
    result.push_back(position);
    std::size_t axis = shape.size();
    while (axis-- > 0) {
      position += stride[axis];
      if (++index[axis] < shape[axis]) break;
      position -= shape[axis] * stride[axis];
      index[axis] = 0;
      if (axis == 0) return result;
    }
    if (shape.empty()) return result;
  }
}

}  // namespace

Layout::Positions Layout::positions() const {
  if (kept_ == nullptr || kept_->shape != shape || kept_->stride != stride ||
      kept_->offset != offset) {
    kept_ = std::make_shared<const Kept>(
        Kept{shape, stride, offset,
             std::make_shared<const std::vector<std::int64_t>>(positions_of(*this))});
  }
  return kept_->positions;
}

std::string index_text(const std::vector<std::int64_t>& shape, std::size_t element) {
  std::vector<std::int64_t> index(shape.size());
  auto rest = static_cast<std::int64_t>(element);
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    index[axis] = rest % shape[axis];
    rest /= shape[axis];
  }
  std::string text = "(";
  for (std::size_t axis = 0; axis < index.size(); ++axis) {
    if (axis > 0) text += ',';
    text += std::to_string(index[axis]);
  }
  return text + ")";
}

std::vector<double> Operand::values() const {
  std::vector<double> result(bits.size());
  for (std::size_t i = 0; i < bits.size(); ++i) {
    if (cell(i) == Cell::dead) {
      result[i] = is_floating(dtype) ? std::numeric_limits<double>::quiet_NaN() : 0.0;
    } else {
      result[i] = decode(dtype, bits[i]) * unit;
    }
  }
  return result;
}

Tensor tensor_of(const Operand& operand, void* storage) {
  const Layout& layout = operand.layout;
  Tensor tensor;
  tensor.data = static_cast<std::byte*>(storage) +
                static_cast<std::size_t>(layout.offset) * size_of(operand.dtype);
  tensor.dtype = operand.dtype;
  tensor.rank = static_cast<int>(layout.shape.size());
  std::copy(layout.shape.begin(), layout.shape.end(), tensor.shape.begin());
  std::copy(layout.stride.begin(), layout.stride.end(), tensor.stride.begin());
  tensor.format = operand.format;
  tensor.role = operand.role;
  return tensor;
}

std::int64_t Problem::elements() const {
  std::int64_t elements = 0;
  for (const Operand& operand : operands) elements += operand.layout.elements();
  return elements;
}

const Operand* Problem::find(std::string_view name) const {
  const auto found = std::find_if(operands.begin(), operands.end(),
                                  [&](const Operand& operand) { return operand.name == name; });
  return found == operands.end() ? nullptr : &*found;
}

const Operand& Problem::operand(std::string_view name) const {
  const Operand* found = find(name);
  if (found == nullptr) {
    throw std::out_of_range("problem has no operand '" + std::string(name) + "'");
  }
  return *found;
}

std::size_t Problem::index_of(std::string_view name) const {
  return static_cast<std::size_t>(&operand(name) - operands.data());
}

Operand& Problem::operand(std::string_view name) { return operands[index_of(name)]; }

namespace {

template <class T>
T scalar(const std::vector<std::pair<std::string, T>>& entries, std::string_view name) {
  for (const auto& [key, value] : entries) {
    if (key == name) return value;
  }
  throw std::out_of_range("problem has no scalar '" + std::string(name) + "'");
}

}  // namespace

std::int64_t Problem::integer(std::string_view name) const { return scalar(integers, name); }

double Problem::real(std::string_view name) const { return scalar(reals, name); }

}  // namespace mlacheck
