// How one operand of a case lies in memory: the fields that say so, how they are drawn, the Layout
// that they make, and their twin. `mlacheck list` prints them for each operand.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/case/case.hpp"
#include "harness/op/problem.hpp"
#include "harness/op/random.hpp"

namespace mlacheck {

/// What is written as the stride of an axis of extent 1, and of every axis of an operand without
/// elements. It reaches no element, and frameworks disagree on it.
enum class IdleStride : std::uint8_t {
  product,  ///< as if the extent were larger
  zero,
  one,
  huge,  ///< 2^40
};

struct LayoutFields {
  /// Axes from the outermost in memory to the innermost.
  std::array<std::uint8_t, 3> order{0, 1, 2};
  std::int64_t step = 1;       ///< stride of the innermost axis
  std::int64_t gap = 0;        ///< elements after each run of the innermost axis
  std::int64_t outer_gap = 0;  ///< elements after each block of the middle axis
  std::int64_t offset = 0;     ///< elements in front
  std::int64_t pad = 0;        ///< indices that the outermost axis has beyond the last one
  IdleStride idle_stride = IdleStride::product;

  /// At most three axes.
  Layout layout(const std::vector<std::int64_t>& shape) const;

  bool operator==(const LayoutFields&) const = default;
};

/// Which of these fields an operand has.
struct LayoutKind {
  std::string axes;  ///< a letter for each axis, "THV"
  /// Memory orders that the contract allows, simplest first, outermost axis first; one is no choice.
  std::vector<std::string> orders;
  bool any_step = false;  ///< the innermost axis need not have stride 1

  /// Axes in their own order, stride 1 last.
  static LayoutKind fixed(const std::string& axes);
  /// The last axis has stride 1, the others any order.
  static LayoutKind rows(const std::string& axes);
  /// Any order, any strides.
  static LayoutKind any(const std::string& axes);
};

/// One field, without the operand's name in front.
struct LayoutPart {
  Field field;
  std::function<std::int64_t(const LayoutFields&)> get;
  std::function<void(LayoutFields&, std::int64_t)> set;
};
std::vector<LayoutPart> layout_parts(const LayoutKind& kind);

/// Mostly small numbers, some of them aligned; now and then dense.
LayoutFields draw_layout(Random& random, const LayoutKind& kind);

/// Differs in every field that the kind has. `salt` varies the numbers between operands.
LayoutFields twin_of(const LayoutFields& layout, const LayoutKind& kind, std::int64_t salt);

}  // namespace mlacheck
