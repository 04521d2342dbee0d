// A case made concrete: operands with layouts, contents and access rules, and scalars.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/op/numerics.hpp"
#include "harness/values/tensor.hpp"

namespace mlacheck {

/// Where the elements of an operand lie in its storage. Element (i0, i1, ...) is at
/// offset + sum i_k * stride_k, in elements; the storage holds `storage` elements, and those that
/// no index reaches are gaps.
struct Layout {
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> stride;
  std::int64_t offset = 0;
  std::int64_t storage = 0;

  /// Row-major, no gaps.
  static Layout dense(std::vector<std::int64_t> shape);

  /// Strides as given; storage just large enough, plus `offset` elements in front.
  static Layout strided(std::vector<std::int64_t> shape, std::vector<std::int64_t> stride,
                        std::int64_t offset = 0);

  /// Of another shape, dense, with the order of the axes that `other` has in memory; an axis that
  /// `other` broadcasts stays so.
  static Layout dense_like(const Layout& other, std::vector<std::int64_t> shape);

  std::int64_t elements() const;

  /// Storage positions of all elements in logical (row-major) order. Each run of a case asks for
  /// them again, so they are kept, and shared with copies, until shape, stride or offset change.
  /// Not for two threads at once.
  using Positions = std::shared_ptr<const std::vector<std::int64_t>>;
  Positions positions() const;

 private:
  struct Kept {
    std::vector<std::int64_t> shape;
    std::vector<std::int64_t> stride;
    std::int64_t offset;
    Positions positions;
  };
  mutable std::shared_ptr<const Kept> kept_;
};

enum class Access {
  input,   ///< never written by the subject
  output,  ///< only written
  update,  ///< read, and written where a cell is live (must) or optional (may)
};

/// What one element means to the contract.
enum class Cell : std::uint8_t {
  live,      ///< input: holds a value; output: must be written
  optional,  ///< output: may be written, is never compared; update: may be overwritten
  dead,      ///< input: holds poison that must not matter; output: must stay untouched
};

struct Operand {
  std::string name;
  DType dtype = DType::f32;
  Access access = Access::input;
  Layout layout;
  /// Inputs and updates: the bits of every element in logical order. Outputs: empty.
  std::vector<std::uint32_t> bits;
  /// One per element in logical order; empty when all are live.
  std::vector<Cell> cells;
  CodeFormat format = CodeFormat::plain;
  Role role = Role::plain;
  /// What a stored 1 is worth in the units of docs/contracts.md: ln 2 for a base-2 log-sum-exp.
  double unit = 1;
  /// The first element's address is a multiple of so many bytes, if the layout's offset is one; 0:
  /// of the element's size.
  std::int64_t alignment = 0;
  bool zero_has_sign = true;        ///< false: an exact zero may have either sign
  bool finite_dead_values = false;  ///< dead elements hold no NaN and no infinity

  Cell cell(std::size_t element) const { return cells.empty() ? Cell::live : cells[element]; }
  /// Decoded contents in logical order, times `unit`. Dead elements decode to NaN (0 for integers),
  /// so that an oracle that looks at one is found out.
  std::vector<double> values() const;
};

/// What a subject is handed for `operand`, where its storage begins at `storage`.
Tensor tensor_of(const Operand& operand, void* storage);

struct Problem {
  std::vector<Operand> operands;
  std::vector<std::pair<std::string, std::int64_t>> integers;
  std::vector<std::pair<std::string, double>> reals;
  Numerics numerics{};  ///< of the subject it is for

  /// Of all operands together.
  std::int64_t elements() const;

  /// Null if absent.
  const Operand* find(std::string_view name) const;
  /// These throw std::out_of_range naming what is missing.
  const Operand& operand(std::string_view name) const;
  Operand& operand(std::string_view name);
  /// Place among the operands.
  std::size_t index_of(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  double real(std::string_view name) const;
};

/// "(2,0,17)" for the logical index of element `element` of a row-major shape.
std::string index_text(const std::vector<std::int64_t>& shape, std::size_t element);

}  // namespace mlacheck
