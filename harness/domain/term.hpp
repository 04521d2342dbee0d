// One condition of a domain, on a field of the cases or on how an operand lies in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/case/case.hpp"

namespace mlacheck {

/// On an integer or a choice, or on one number of each entry of a list.
struct FieldTerm {
  enum class Relation {
    one_of,       ///< D=64,128
    none_of,      ///< empty!=both,some
    at_least,     ///< requests[1]>=1
    at_most,      ///< T<=4096
    multiple_of,  ///< V%8
    equal_to,     ///< suffix_out.gap==prefix_out.gap
  };
  std::size_t field = 0;    ///< in the schema
  std::string name{};       ///< of the field
  bool is_integer = false;  ///< neither a choice nor a list
  int part = 0;             ///< of each entry of a list
  Relation relation = Relation::one_of;
  std::vector<std::int64_t> numbers{};  ///< a choice is its index
  std::size_t other = 0;                ///< equal_to: the other field
  std::string text{};                   ///< of the term
  std::string written{};                ///< the same, or the precondition that stands for it

  /// Whether a number of the field meets the term; of equal_to, `other_value` is the other's.
  bool admits(std::int64_t value, std::int64_t other_value) const;

  /// A number near `value` that meets it, from `minimum` to `maximum` if there is one.
  std::int64_t nearest(std::int64_t value, std::int64_t other_value, const Field& field) const;
};

/// On one operand, or on all.
struct OperandTerm {
  enum class Layout {
    free,
    rows,   ///< the last axis has stride 1
    dense,  ///< row-major without gaps; the strides of axes of extent 1 stay free
  };
  std::string operand{};  ///< empty: all
  std::optional<Layout> layout{};
  std::int64_t alignment = 0;  ///< of its first element, in bytes; 0: says nothing of it
  std::string text{};

  bool concerns(const std::string& name) const { return operand.empty() || operand == name; }
};

}  // namespace mlacheck
