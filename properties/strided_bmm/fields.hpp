// The fields of a case of the value up-projection; docs/contracts.md explains them.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/op/relation.hpp"
#include "harness/op/rows.hpp"
#include "properties/common/fields.hpp"
#include "properties/strided_bmm/values.hpp"

namespace mlacheck::strided_bmm {

/// What the rows of x, or those of w along L, have in common.
enum class Sharing : std::uint8_t {
  own,        ///< own values for each row
  equal,      ///< one row's values for all, each in its place
  broadcast,  ///< one row in memory, seen with stride 0
};

struct Fields {
  std::int64_t tokens = 1;
  std::int64_t heads = 1;
  std::int64_t latent = 1;
  std::int64_t columns = 1;
  DType dtype = DType::f32;
  Values values = Values::integers;
  std::int64_t seed = 0;
  LayoutFields x{};
  Sharing x_rows = Sharing::own;
  LayoutFields w{};
  Sharing w_rows = Sharing::own;
  LayoutFields out{};

  Sizes sizes() const { return {tokens, heads, latent, columns}; }
  Layout x_layout() const;
  Layout w_layout() const;
  Layout out_layout() const { return out.layout({tokens, heads, columns}); }
};

const FieldTable<Fields>& field_table();

/// An admissible case; see OpModel::generate().
Fields draw_fields(Random& random, const std::vector<Tile>& tiles);

/// Tokens and heads.
std::vector<RowSize> row_sizes_of(const Problem& problem);

/// At most two, drawn.
std::vector<Relation> relations_of(const Problem& problem, Random& random);

/// True if rows may share their values; other classes are made of values that belong together.
bool may_share(Values values);

}  // namespace mlacheck::strided_bmm
