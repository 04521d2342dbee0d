// A strided view of memory that it does not own: what a subject is handed for each operand.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>

#include "harness/values/dtype.hpp"
#include "harness/values/meaning.hpp"

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
  CodeFormat format = CodeFormat::plain;
  Role role = Role::plain;

  /// Product of the extents; 1 for rank 0. 0 as soon as one extent is 0: the product of the others
  /// need not fit 64 bits.
  std::int64_t elements() const {
    std::int64_t product = 1;
    for (int axis = 0; axis < rank; ++axis) {
      if (shape[static_cast<std::size_t>(axis)] == 0) return 0;
    }
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

/// "[16,3,128]".
std::string shape_text(std::span<const std::int64_t> shape);

/// Bytes of that many dense elements, or nothing where the number does not fit 63 bits. Extents
/// must not be negative; any of them being 0 gives 0, whatever the others are.
std::optional<std::int64_t> dense_bytes(DType dtype, std::span<const std::int64_t> shape);

/// Number of elements between the first and one past the last addressed one; 0 if any extent is 0.
/// Strides must not be negative.
std::int64_t span_elements(const Tensor& tensor);

/// A row-major dense view. At most kMaxRank extents.
Tensor dense_tensor(void* data, DType dtype, std::span<const std::int64_t> shape);
inline Tensor dense_tensor(void* data, DType dtype, std::initializer_list<std::int64_t> shape) {
  return dense_tensor(data, dtype, std::span<const std::int64_t>(shape.begin(), shape.size()));
}

}  // namespace mlacheck
