// The operands of output_step and what a call must satisfy (docs/contracts.md).
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "harness/device/launch.h"
#include "harness/op/argument_checks.hpp"
#include "harness/op/call.hpp"
#include "harness/values/quotient.hpp"
#include "kernels/flatten_quant/flatten_quant.host.h"
#include "kernels/output_step/output_step.kernel.h"
#include "kernels/quantized_bmm/quantized_bmm.host.h"

namespace mlacheck::MLACHECK_TARGET::output_step {

/// Values of the integer `product`.
enum ProductForm : std::int64_t { kMxfp4Product = 0, kFp8Product = 1 };
/// Values of the integer `projection`.
enum ProjectionForm : std::int64_t {
  kPlain = 0,
  kMxfp4 = 1,
  kFp8 = 2,
  kFp8Transposed = 3,
};

struct OutputOperands {
  std::int64_t product = 0;
  std::int64_t projection = 0;
  std::int64_t group = 0;
  std::int64_t fnuz = 0;
  std::int64_t maximum = 0;
  Tensor latent_out;  // [T, H, L]
  Tensor w_uv;        // [H, V, L], MXFP4 [H, V, L/2]
  Tensor w_o;         // [N, H V], MXFP4 [N, H V/2]
  Tensor values;      // [T, H V]
  Tensor out;         // [T, N]
  // Of rank 0 if not given: see docs/contracts.md for which form has which.
  Tensor w_uv_scales;
  Tensor w_uv_scale;
  Tensor w_o_scales;
  Tensor w_o_scale;
  Tensor codes;
  Tensor scales;

  explicit OutputOperands(const Call& call)
      : product(call.integer("product")),
        projection(call.integer("projection")),
        group(call.integer("group")),
        fnuz(call.integer("format")),
        maximum(call.integer("maximum")),
        latent_out(call.tensor("latent_out")),
        w_uv(call.tensor("w_uv")),
        w_o(call.tensor("w_o")),
        values(call.tensor("values")),
        out(call.tensor("out")) {
    const auto take = [&](std::string_view name, Tensor& tensor) {
      if (const Tensor* given = call.find_tensor(name)) tensor = *given;
    };
    take("w_uv_scales", w_uv_scales);
    take("w_uv_scale", w_uv_scale);
    take("w_o_scales", w_o_scales);
    take("w_o_scale", w_o_scale);
    take("codes", codes);
    take("scales", scales);
  }

  std::int64_t tokens() const { return out.shape[0]; }
  std::int64_t heads() const { return w_uv.shape[0]; }
  std::int64_t width() const { return w_uv.shape[1]; }
  std::int64_t latent() const { return latent_out.shape[2]; }
  std::int64_t columns() const { return out.shape[1]; }
  std::int64_t row() const { return heads() * width(); }
  bool mxfp4_product() const { return product == kMxfp4Product; }
  bool mxfp4() const { return projection == kMxfp4; }
  bool quantizes() const { return projection != kPlain; }
  bool fp8() const { return quantizes() && !mxfp4(); }
};

inline void check_integers(ArgumentChecker& check, const OutputOperands& o) {
  check.integer_within("product", o.product, kMxfp4Product, kFp8Product)
      .integer_within("projection", o.projection, kPlain, kFp8Transposed);
  if (o.fp8()) check.integer_within("group", o.group, 1, kLargestGroup);
  if (o.mxfp4_product() && !o.fp8()) return;
  const bool known = o.maximum == 240 || o.maximum == 224 || (o.maximum == 448 && o.fnuz == 0);
  check.integer_within("format", o.fnuz, 0, 1)
      .require("maximum", known, o.maximum, "448 (E4M3FN only), 240 or 224 is needed");
}

/// An operand that this form has, or has not.
inline void check_given(ArgumentChecker& check, std::string_view name, const Tensor& tensor,
                        bool wanted) {
  const bool given = tensor.rank != 0;
  if (wanted) {
    check.require(name, given, "nothing", "this form needs it");
  } else {
    check.require(name, !given, tensor, "this form takes none");
  }
}

inline void check_product(ArgumentChecker& check, const OutputOperands& o) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  const bool mx = o.mxfp4_product();
  check.operand("out", o.out, {-1, -1}, {DType::f16, DType::bf16})
      .unit_stride("out", o.out, 1)
      .no_self_overlap("out", o.out)
      .operand("w_uv", o.w_uv, {-1, -1, -1}, {DType::u8})
      .require("w_uv", o.heads() <= kMost && o.width() <= kMost, o.w_uv,
               "heads and columns must be below 2^31")
      .operand("latent_out", o.latent_out, {o.tokens(), o.heads(), -1}, {o.out.dtype})
      .require("latent_out", mx || o.out.dtype == DType::bf16, o.latent_out,
               "FP8 quantizes bf16 only")
      .require("latent_out", !mx || o.latent() % kMxBlock == 0, o.latent_out,
               "MXFP4 has whole blocks of 32 columns only")
      .operand("w_uv", o.w_uv, {o.heads(), o.width(), mx ? o.latent() / 2 : o.latent()},
               {DType::u8});
  check_given(check, "w_uv_scales", o.w_uv_scales, mx);
  check_given(check, "w_uv_scale", o.w_uv_scale, !mx);
  if (mx) {
    check.operand("w_uv_scales", o.w_uv_scales, {o.heads(), o.width(), o.latent() / kMxBlock},
                  {DType::u8});
  } else {
    check.operand("w_uv_scale", o.w_uv_scale, {1}, {DType::f32});
  }
  if (!check.ok()) return;
  check.operand("values", o.values, {o.tokens(), o.row()}, {o.out.dtype})
      .unit_stride("values", o.values, 1)
      .no_self_overlap("values", o.values);
}

inline void check_quantizer(ArgumentChecker& check, const OutputOperands& o) {
  check_given(check, "codes", o.codes, o.quantizes());
  check_given(check, "scales", o.scales, o.quantizes());
  if (!check.ok() || !o.quantizes()) return;
  const bool by_token = o.projection != kFp8;
  const std::int64_t group = o.mxfp4() ? kMxBlock : o.group;
  check
      .require("w_uv", !o.mxfp4() || o.width() % kMxBlock == 0, o.w_uv,
               "blocks of 32 may not straddle heads: a multiple of 32 columns is needed")
      .operand("codes", o.codes, {o.tokens(), o.mxfp4() ? o.row() / 2 : o.row()}, {DType::u8})
      .unit_stride("codes", o.codes, 1)
      .no_self_overlap("codes", o.codes)
      .operand("scales", o.scales, {o.tokens(), o.heads() * rounded_up_quotient(o.width(), group)},
               {o.mxfp4() ? DType::u8 : DType::f32})
      .unit_stride("scales", o.scales, by_token ? 0 : 1)
      .no_self_overlap("scales", o.scales);
}

inline void check_projection(ArgumentChecker& check, const OutputOperands& o) {
  const DType dtype = o.quantizes() ? DType::u8 : o.out.dtype;
  check.operand("w_o", o.w_o, {o.columns(), o.mxfp4() ? o.row() / 2 : o.row()}, {dtype});
  check_given(check, "w_o_scales", o.w_o_scales, o.mxfp4());
  check_given(check, "w_o_scale", o.w_o_scale, o.fp8());
  if (o.mxfp4()) {
    check.operand("w_o_scales", o.w_o_scales, {o.columns(), o.row() / kMxBlock}, {DType::u8});
  } else if (o.fp8()) {
    check.operand("w_o_scale", o.w_o_scale, {1}, {DType::f32});
  }
}

// What no launch of any variant holds; by division, since broadcast inputs admit extents whose product
// is no 64-bit number.
inline void check_limits(ArgumentChecker& check, const OutputOperands& o) {
  if (!check.ok()) return;
  constexpr std::int64_t kMost =
      static_cast<std::int64_t>(kMaxGridX) * flatten_quant::kGroupsABlock;
  const auto within = [](std::int64_t extent, std::int64_t limit) {
    return extent == 0 ? limit : limit / extent;
  };
  const auto most = [] { return "at most " + std::to_string(kMost) + " elements can be launched"; };
  check.require("values", o.tokens() <= within(o.row(), kMost), o.values, most)
      .require("out", o.tokens() <= within(o.columns(), kMost), o.out, most);
  if (!check.ok()) return;
  const std::int64_t tiles = o.heads() *
                             rounded_up_quotient(o.tokens(), quantized_bmm::kQuantTokens) *
                             rounded_up_quotient(o.width(), quantized_bmm::kQuantColumns);
  check.require("values", tiles <= static_cast<std::int64_t>(kMaxGridX), o.values,
                "at most 2147483647 thread blocks can be launched");
}

inline Status check_arguments(const Call& call, const OutputOperands& o) {
  ArgumentChecker check;
  check_integers(check, o);
  if (check.ok()) check_product(check, o);
  if (check.ok()) check_quantizer(check, o);
  if (check.ok()) check_projection(check, o);
  const std::array<std::pair<const char*, const Tensor*>, 4> outputs{
      {{"values", &o.values}, {"codes", &o.codes}, {"scales", &o.scales}, {"out", &o.out}}};
  for (const auto& [name, output] : outputs) {
    if (output->rank == 0) continue;
    for (const auto& [other, tensor] : call.tensors()) {
      if (other != name) check.disjoint(name, *output, other, tensor);
    }
  }
  check_limits(check, o);
  return check.status();
}

}  // namespace mlacheck::MLACHECK_TARGET::output_step
