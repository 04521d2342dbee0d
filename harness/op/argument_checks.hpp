// Argument checks of host routines. The first failure wins and becomes the status; nothing is
// launched or written before all checks have passed.
//
// A call checks some thirty conditions, and nearly all of them hold: what a message would say is
// put into words only when one does not.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "harness/op/status.hpp"
#include "harness/values/tensor.hpp"

namespace mlacheck {

class ArgumentChecker {
 public:
  /// `condition` must hold; else "argument <name>: <value> where <expected>". Both may be text, a
  /// number, a tensor, or a function that returns text and is called for a message only.
  template <class Value, class Expected>
  ArgumentChecker& require(std::string_view name, bool condition, const Value& value,
                           const Expected& expected) {
    // To nvcc the value of an assignment to a [[nodiscard]] class is one that must not be ignored.
    if (ok() && !condition) {
      static_cast<void>(status_ = Status::invalid(name, text_of(value), text_of(expected)));
    }
    return *this;
  }

  ArgumentChecker& integer_at_least(std::string_view name, std::int64_t value, std::int64_t least);
  ArgumentChecker& integer_within(std::string_view name, std::int64_t value, std::int64_t least,
                                  std::int64_t most);

  /// A number that is used as fp32 must be one there: not infinite, not NaN, and, unless it is 0,
  /// of at least the smallest normal magnitude, so that its rounding is a relative error of 2^-24.
  ArgumentChecker& real_in_float(std::string_view name, double value);

  /// Rank and extents; -1 in `shape` accepts any extent.
  ArgumentChecker& shape(std::string_view name, const Tensor& tensor,
                         std::initializer_list<std::int64_t> shape);

  ArgumentChecker& dtype(std::string_view name, const Tensor& tensor,
                         std::initializer_list<DType> accepted);

  /// A null pointer is allowed only if the tensor has no elements.
  ArgumentChecker& non_null(std::string_view name, const Tensor& tensor);

  /// The address must be a multiple of the element size.
  ArgumentChecker& aligned(std::string_view name, const Tensor& tensor);

  /// Axis `axis` must have stride 1 (any stride if its extent is at most 1).
  ArgumentChecker& unit_stride(std::string_view name, const Tensor& tensor, int axis);

  /// No stride is negative, and the span fits 2^62 bytes, so that offsets cannot overflow.
  ArgumentChecker& addressable(std::string_view name, const Tensor& tensor);

  /// No two indices share an element. Sufficient test: with axes sorted by stride, each stride
  /// exceeds the span of the axes below it (extent-1 axes are ignored).
  ArgumentChecker& no_self_overlap(std::string_view name, const Tensor& tensor);

  /// The address ranges [first, last] of two tensors do not intersect. Conservative: two views that
  /// interleave without sharing an element are refused too.
  ArgumentChecker& disjoint(std::string_view name, const Tensor& tensor,
                            std::string_view other_name, const Tensor& other);

  /// shape, dtype, non_null, aligned, addressable: what every operand needs.
  ArgumentChecker& operand(std::string_view name, const Tensor& tensor,
                           std::initializer_list<std::int64_t> shape,
                           std::initializer_list<DType> accepted);

  bool ok() const { return status_.ok(); }
  const Status& status() const { return status_; }

 private:
  template <class Text>
  static std::string text_of(const Text& text) {
    if constexpr (std::invocable<const Text&>) {
      return text();
    } else if constexpr (std::integral<Text>) {
      return std::to_string(text);
    } else if constexpr (std::same_as<Text, Tensor>) {
      return describe(text);
    } else {
      return std::string(text);
    }
  }

  Status status_;
};

}  // namespace mlacheck
