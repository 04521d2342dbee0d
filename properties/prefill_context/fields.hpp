// The fields of a case of prefill attention; docs/contracts.md explains them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/op/relation.hpp"
#include "properties/common/fields.hpp"
#include "properties/prefill_context/values.hpp"
#include "reference/prefill_context/parameters.hpp"

namespace mlacheck::prefill_context {

struct Request {
  std::int64_t tokens = 0;   ///< new ones
  std::int64_t context = 0;  ///< tokens in the cache
};

/// C: up to the last request with context, or all tokens.
enum class ContextRows : std::uint8_t { last, all };

/// 1 / sqrt(nope + rope). No scale of a call: that is positive, negative or 0 as it stands.
constexpr double kInverseRoot = -1e300;

struct Fields {
  DType dtype = DType::f32;
  std::vector<Request> requests = {};
  std::int64_t heads = 1;
  std::int64_t latent = 1;
  std::int64_t nope = 1;
  std::int64_t rope = 0;
  std::int64_t width = 1;
  std::int64_t page = 1;
  std::int64_t chunk = 1;
  std::int64_t ranks = 1;
  std::int64_t interleave = 1;
  std::int64_t most_context = 0;  ///< max_context is this, or the longest context if that is more
  ContextRows context_rows = ContextRows::last;
  double scale = kInverseRoot;
  Values values = Values::exact;
  std::int64_t seed = 0;
  std::int64_t spare_pages = 0;
  std::int64_t spare_columns = 0;  ///< columns past the widest request
  std::int64_t placement = 0;      ///< which page lies where; 0 in order
  LayoutFields q{};
  LayoutFields new_kv{};
  LayoutFields kv{};
  LayoutFields w{};
  LayoutFields query_start_loc{};
  LayoutFields block_table{};
  LayoutFields context_lens{};
  LayoutFields out{};

  std::int64_t depth() const { return nope + rope; }
  std::int64_t columns() const { return latent + rope; }
  std::int64_t tokens() const;
  double scale_factor() const;
  Parameters parameters() const;
};

const FieldTable<Fields>& field_table();

/// An admissible case; see OpModel::generate().
Fields draw_fields(Random& random, const std::vector<Tile>& tiles);

/// At most two, drawn.
std::vector<Relation> relations_of(const Problem& problem, Random& random);

/// Operands and scalars of a case.
Problem problem_of(const Fields& fields);

/// Of all operands that can be large.
std::vector<Layout> large_layouts(const Fields& fields);

/// Products that a case takes.
double work_of(const Fields& fields);

}  // namespace mlacheck::prefill_context
