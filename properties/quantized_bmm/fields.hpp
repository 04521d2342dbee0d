// The fields of a case of the quantized batched product; docs/contracts.md explains them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "properties/common/fields.hpp"
#include "properties/quantized_bmm/values.hpp"
#include "reference/quantized_bmm/parameters.hpp"

namespace mlacheck::quantized_bmm {

struct Fields {
  Form form = Form::a16wfp4;
  std::int64_t tokens = 1;
  std::int64_t heads = 1;
  std::int64_t columns = 1;
  std::int64_t blocks = 1;  ///< of 32 elements of K
  std::int64_t splits = 1;
  // FP8 only: elements past the blocks, the format, what the largest magnitude of a group becomes
  std::int64_t tail = 0;
  Fp8Format format = Fp8Format::e4m3fn;
  std::int64_t maximum = 448;
  bool has_bias = false;
  DType x_dtype = DType::bf16;  ///< where the op quantizes x to MXFP4
  DType out_dtype = DType::f32;
  Values values = Values::grid;
  WeightScale weight_scale = WeightScale::ordinary;  ///< FP8 only
  std::int64_t seed = 0;
  LayoutFields x{};
  LayoutFields x_scales{};
  LayoutFields w{};
  LayoutFields w_scales{};
  LayoutFields w_scale{};
  LayoutFields bias{};
  LayoutFields out{};

  Parameters parameters() const { return {form, splits, format, maximum}; }
  Sizes sizes() const { return {tokens, heads, columns, kMxBlock * blocks + tail}; }

  /// Of all operands that the form has.
  std::map<std::string, Layout> layouts() const;
};

const FieldTable<Fields>& field_table();

/// An admissible case; see OpModel::generate().
Fields draw_fields(Random& random, const std::vector<Tile>& tiles);

/// Empty, or why the scale of w leaves nothing of these contents.
std::string unfit_weight_scale(const Fields& fields);

/// Operands and scalars of a case.
Problem problem_of(const Fields& fields);

}  // namespace mlacheck::quantized_bmm
