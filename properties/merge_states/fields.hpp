// The fields of a case of the merge; docs/contracts.md explains them.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/op/relation.hpp"
#include "harness/op/rows.hpp"
#include "properties/common/fields.hpp"
#include "properties/common/states.hpp"
#include "reference/merge_states/parameters.hpp"

namespace mlacheck::merge_states {

/// Which sides are empty: in all rows, or drawn for each row and side.
enum class EmptySides : std::uint8_t { none, prefix, suffix, both, some };

struct Fields {
  std::int64_t tokens = 1;
  std::int64_t heads = 1;
  std::int64_t width = 1;
  std::int64_t copied = 0;  ///< tokens past C
  bool has_lse_out = false;
  DType dtype = DType::f32;
  ValueClass values = ValueClass::integers;
  LseClass lse = LseClass::equal;
  EmptySides empty = EmptySides::none;
  EmptyLse lse_empty = EmptyLse::minus_inf;
  std::int64_t seed = 0;
  LayoutFields prefix_out{};
  LayoutFields prefix_lse{};
  LayoutFields suffix_out{};
  LayoutFields suffix_lse{};
  LayoutFields out{};
  LayoutFields lse_out{};

  StateShape shape() const { return {tokens, heads, width}; }
};

const FieldTable<Fields>& field_table();

/// An admissible case; see OpModel::generate().
Fields draw_fields(Random& random, const std::vector<Tile>& tiles);

/// Tokens and heads.
std::vector<RowSize> row_sizes_of(const Problem& problem);
void move_rows_of(Problem& problem, const RowSize& size, const RowPlaces& places);

/// At most two, drawn.
std::vector<Relation> relations_of(const Problem& problem, Random& random);

}  // namespace mlacheck::merge_states
