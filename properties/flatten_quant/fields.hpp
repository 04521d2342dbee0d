// The fields of a case of flattening with quantization; docs/contracts.md explains them.
#pragma once

#include <cstdint>
#include <vector>

#include "properties/common/fields.hpp"
#include "properties/flatten_quant/values.hpp"
#include "reference/flatten_quant/parameters.hpp"

namespace mlacheck::flatten_quant {

struct Fields {
  std::int64_t tokens = 1;
  std::int64_t heads = 1;
  std::int64_t columns = 2;
  Form form = Form::mxfp4;
  // FP8 only: elements of a group, what amax becomes, NaN after clamping
  std::int64_t group = 128;
  Fp8Format format = Fp8Format::e4m3fn;
  std::int64_t maximum = 240;
  bool clamp_keeps_nan = false;
  // MXFP4 only
  reference::SpecialBlock special_block = reference::SpecialBlock::launder;
  DType dtype = DType::f32;
  Values values = Values::integers;
  std::int64_t seed = 0;
  LayoutFields x{};
  LayoutFields codes{};
  LayoutFields scales{};  ///< columns before tokens where the form asks for that

  Sizes sizes() const { return {tokens, heads, columns}; }
  Parameters parameters() const {
    return {form,           form == Form::mxfp4 ? kMxBlock : group, special_block, maximum, format,
            clamp_keeps_nan};
  }
  Layout x_layout() const;
  Layout codes_layout() const;
  Layout scales_layout() const;
};

const FieldTable<Fields>& field_table();

/// An admissible case; see OpModel::generate().
Fields draw_fields(Random& random, const std::vector<Tile>& tiles);

}  // namespace mlacheck::flatten_quant
