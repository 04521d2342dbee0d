// The fields of a case of a decode step; docs/contracts.md explains them.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/op/relation.hpp"
#include "properties/common/fields.hpp"
#include "properties/decode_step/values.hpp"
#include "reference/decode_step/parameters.hpp"

namespace mlacheck::decode_step {

using Integers = std::vector<std::int64_t>;

struct Request {
  std::int64_t tokens = 0;  ///< of this step, as the host knows them
  std::int64_t length = 0;  ///< keys in the cache, those of this step included
};

/// 1 / sqrt(nope + rope). No scale of a call: that is positive, negative or 0 as it stands.
constexpr double kInverseRoot = -1e300;

struct Fields {
  DType dtype = DType::f32;
  std::vector<Request> requests = {};
  /// Tokens of the first requests as device memory has them, where the host knows something else.
  Integers device_tokens = {};
  std::int64_t heads = 1;
  std::int64_t latent = 1;
  std::int64_t nope = 1;
  std::int64_t rope = 0;
  std::int64_t width = 1;
  std::int64_t page = 1;
  std::int64_t splits = 1;
  double scale = kInverseRoot;
  Values values = Values::exact;
  std::int64_t seed = 0;
  std::int64_t padding = 0;  ///< rows of the step past the tokens that the host knows of
  std::int64_t base = 0;     ///< first entry of query_start_loc
  std::int64_t spare_pages = 0;
  std::int64_t spare_columns = 0;  ///< columns past the widest request
  std::int64_t placement = 0;      ///< which page lies where; 0 in order
  LayoutFields q_nope{};
  LayoutFields q_rope{};
  LayoutFields kv{};
  LayoutFields w_uk{};
  LayoutFields w_uv{};
  LayoutFields seq_lens{};
  LayoutFields block_table{};
  LayoutFields decode_lens{};
  LayoutFields query_start_loc{};
  LayoutFields out{};

  std::int64_t columns() const { return latent + rope; }
  double scale_factor() const;
  /// Of each request, as the host and as the device has them.
  Integers host_lens() const;
  Integers device_lens() const;
  std::int64_t tokens() const;  ///< rows of the step
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

}  // namespace mlacheck::decode_step
