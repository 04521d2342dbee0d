// The fields of a case of latent decode; docs/contracts.md explains them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "harness/op/relation.hpp"
#include "harness/op/rows.hpp"
#include "properties/common/fields.hpp"
#include "properties/mla_decode/values.hpp"
#include "reference/mla_decode/parameters.hpp"

namespace mlacheck::mla_decode {

struct Request {
  std::int64_t tokens = 0;  ///< query tokens
  std::int64_t length = 0;  ///< keys in the cache
};

enum class PageMap : std::uint8_t { block_table, csr };

/// Stands for 1 / sqrt(latent + rope). No call has this number as its scale: all others are used as
/// they are.
constexpr double kInverseRoot = -1e300;

struct Fields {
  DType dtype = DType::f32;
  std::vector<Request> requests = {};
  std::int64_t heads = 1;
  std::int64_t latent = 1;
  std::int64_t rope = 0;
  std::int64_t page = 1;
  std::int64_t splits = 1;
  bool causal = true;
  PageMap page_map = PageMap::block_table;
  double scale = kInverseRoot;
  Values values = Values::exact;
  std::int64_t seed = 0;
  std::int64_t padding = 0;
  std::int64_t spare_pages = 0;
  std::int64_t spare_columns = 0;  ///< columns past the widest request
  std::int64_t placement = 0;      ///< which page lies where; 0 in order
  LayoutFields q{};
  LayoutFields kv{};
  LayoutFields query_start_loc{};
  LayoutFields block_table{};
  LayoutFields seq_lens{};
  LayoutFields kv_indptr{};
  LayoutFields kv_indices{};
  LayoutFields kv_last_page_len{};
  LayoutFields out{};
  LayoutFields lse_out{};

  std::int64_t depth() const { return latent + rope; }
  double scale_factor() const;
};

const FieldTable<Fields>& field_table();

/// An admissible case; see OpModel::generate().
Fields draw_fields(Random& random, const std::vector<Tile>& tiles);

/// Heads, and rows of q: of a causal request a row sees keys according to how many follow it.
std::vector<RowSize> row_sizes_of(const Problem& problem);
void move_rows_of(Problem& problem, const RowSize& size, const RowPlaces& places);

/// At most two, drawn.
std::vector<Relation> relations_of(const Problem& problem, Random& random);

/// Operands and scalars of a case.
Problem problem_of(const Fields& fields, std::string_view variant);

/// Of all operands that can be large.
std::vector<Layout> large_layouts(const Fields& fields);

/// The values of the field `scale`: those of models, then the edges of what a call may say.
const std::vector<std::pair<std::string, double>>& scales();

/// Empty, or why these contents have no finite logits, or none of the size that they are made for.
std::string unfit_scale(const Fields& fields);

}  // namespace mlacheck::mla_decode
