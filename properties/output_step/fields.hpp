// The fields of a case of an output step; docs/contracts.md explains them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/op/relation.hpp"
#include "harness/op/rows.hpp"
#include "properties/common/fields.hpp"
#include "properties/output_step/values.hpp"
#include "reference/output_step/parameters.hpp"

namespace mlacheck::output_step {

struct Fields {
  Product product = Product::mxfp4;
  Projection projection = Projection::plain;
  std::int64_t tokens = 1;
  std::int64_t heads = 1;
  std::int64_t width = 1;    ///< V
  std::int64_t blocks = 1;   ///< of 32 columns of the latent result
  std::int64_t columns = 1;  ///< N
  // FP8 only
  std::int64_t group = 128;
  Fp8Format format = Fp8Format::e4m3fn;
  std::int64_t maximum = 448;
  DType dtype = DType::bf16;
  Values values = Values::grid;
  std::int64_t seed = 0;
  LayoutFields latent_out{};
  LayoutFields w_uv{};
  LayoutFields w_uv_scales{};
  LayoutFields w_uv_scale{};
  LayoutFields w_o{};
  LayoutFields w_o_scales{};
  LayoutFields w_o_scale{};
  LayoutFields values_rows{};
  LayoutFields codes{};
  LayoutFields scales{};  ///< columns before tokens where the form asks for that
  LayoutFields out{};

  Parameters parameters() const { return {product, projection, group, format, maximum}; }
  Sizes sizes() const { return {tokens, heads, kMxBlock * blocks, width, columns}; }

  /// Of all operands that the forms have, in no order.
  std::map<std::string, Layout> layouts() const;
};

const FieldTable<Fields>& field_table();

/// An admissible case; see OpModel::generate().
Fields draw_fields(Random& random, const std::vector<Tile>& tiles);

/// Operands and scalars of a case.
Problem problem_of(const Fields& fields);

/// Dense, with the axis of unit stride that the form promises.
Layout scales_layout(const Parameters& parameters, std::int64_t tokens, std::int64_t columns);

/// Tokens.
std::vector<RowSize> row_sizes_of(const Problem& problem);

/// At most two, drawn.
std::vector<Relation> relations_of(const Fields& fields, const Problem& problem, Random& random);

/// Products that a case takes.
double work_of(const Fields& fields);

}  // namespace mlacheck::output_step
