// A strided view of memory that somebody else owns: what a subject is handed for each operand.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

#include "harness/core/dtype.hpp"

namespace mlacheck {

inline constexpr int kMaxRank = 5;

/// `data` points at the element with index (0, ..., 0). Strides are in elements, may exceed what
/// the shape needs, and are meaningless for axes of extent 1. Unused axes are zero.
struct Tensor {
  void* data = nullptr;
  DType dtype = DType::f32;
  int rank = 0;
  std::array<std::int64_t, kMaxRank> shape{};
  std::array<std::int64_t, kMaxRank> stride{};

  /// Product of the extents; 1 for rank 0.
  std::int64_t elements() const {
    std::int64_t product = 1;
    for (int axis = 0; axis < rank; ++axis) product *= shape[static_cast<std::size_t>(axis)];
    return product;
  }

  template <class T>
  T* as() const {
    return static_cast<T*>(data);
  }
};

/// "bf16[16,3,128] stride (128,2048,1)": how error messages and reports write a tensor.
std::string describe(const Tensor& tensor);

/// Number of elements between the first and one past the last addressed one; 0 if any extent is 0.
/// Strides must not be negative.
std::int64_t span_elements(const Tensor& tensor);

/// A row-major dense view. At most kMaxRank extents.
Tensor dense_tensor(void* data, DType dtype, std::span<const std::int64_t> shape);
inline Tensor dense_tensor(void* data, DType dtype, std::initializer_list<std::int64_t> shape) {
  return dense_tensor(data, dtype, std::span<const std::int64_t>(shape.begin(), shape.size()));
}

}  // namespace mlacheck
