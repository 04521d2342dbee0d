// The fields of a case of the chain of merges; docs/contracts.md explains them.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/op/relation.hpp"
#include "harness/op/rows.hpp"
#include "properties/common/fields.hpp"
#include "properties/common/states.hpp"
#include "reference/chunked_context/parameters.hpp"

namespace mlacheck::chunked_context {

/// The request's rows are empty from chunk `context` on.
struct Request {
  std::int64_t tokens = 0;
  std::int64_t context = 0;
};

/// C: up to the last request with context, or all tokens.
enum class ContextRows : std::uint8_t { last, all };

/// The layouts of the chunks: all the same, or every other one the twin of it.
enum class ChunkLayouts : std::uint8_t { equal, alternate };

struct Fields {
  std::int64_t chunks = 1;
  std::vector<Request> requests = {};
  std::int64_t heads = 1;
  std::int64_t width = 1;
  ContextRows context_rows = ContextRows::last;
  bool suffix_empty = false;  ///< a third of the suffix rows is empty
  DType dtype = DType::f32;
  ValueClass values = ValueClass::integers;
  LseClass lse = LseClass::equal;
  EmptyLse lse_empty = EmptyLse::minus_inf;
  std::int64_t seed = 0;
  LayoutFields chunk_out{};
  LayoutFields chunk_lse{};
  ChunkLayouts chunk_layouts = ChunkLayouts::equal;
  LayoutFields suffix_out{};
  LayoutFields suffix_lse{};
  LayoutFields out{};

  StateShape shape() const;
  LayoutFields out_of_chunk(std::int64_t chunk) const;
  LayoutFields lse_of_chunk(std::int64_t chunk) const;
};

const FieldTable<Fields>& field_table();

/// An admissible case; see OpModel::generate().
Fields draw_fields(Random& random, const std::vector<Tile>& tiles);

/// Tokens and heads.
std::vector<RowSize> row_sizes_of(const Problem& problem);
void move_rows_of(Problem& problem, const RowSize& size, const RowPlaces& places);

/// At most two, drawn.
std::vector<Relation> relations_of(const Problem& problem,
                                   const std::vector<std::int64_t>& request_ends, Random& random);

}  // namespace mlacheck::chunked_context
