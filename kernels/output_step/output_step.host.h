// Host routines of output_step (docs/contracts.md; docs/layer.md draws the steps): what follows
// attention in a layer with quantized weights. Values of every head from its latent result, the heads
// of a token in one row, quantized for the output projection, and that.
//
//   latent_out  [T, H, L]                      f16 or bf16; bf16 for an FP8 product; any strides
//   w_uv        [H, V, L], MXFP4 [H, V, L/2]   u8; any strides, as its scales
//   w_o         [N, H V], MXFP4 [N, H V/2]     u8, or of the type of latent_out; any strides, as its scales
//   values      [T, H V]                       as latent_out; last stride 1
//   codes, scales                              as flatten_quant has them; none without quantization
//   out         [T, N]                         as latent_out; last stride 1
//
// Each step but the projection of FP8 codes is a call of the op that does it, so that its contract is the
// one of that op, and a piece (harness/op/pieces.hpp) can take its place.
#pragma once

#include <array>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "harness/op/pieces.hpp"
#include "kernels/common/with_element.h"
#include "kernels/flatten_quant/flatten_quant.host.h"
#include "kernels/output_step/operands.host.h"
#include "kernels/output_step/output_step.kernel.h"
#include "kernels/quantized_bmm/quantized_bmm.host.h"
#include "kernels/strided_bmm/strided_bmm.host.h"

namespace mlacheck::MLACHECK_TARGET::output_step {

/// Which form of each step a variant takes.
struct Forms {
  bool strided_product = false;  ///< values straight into the rows of their tokens
  bool strided_flatten = false;  ///< quantized where they lie
};

/// A matrix [rows, heads * columns] of last stride 1 as [rows, heads, columns].
inline Tensor in_heads(Tensor matrix, std::int64_t heads, std::int64_t columns) {
  matrix.rank = 3;
  matrix.shape = {matrix.shape[0], heads, columns};
  matrix.stride = {matrix.stride[0], columns, 1};
  return matrix;
}

/// A matrix as all rows of the only head.
inline Tensor rows_of_one_head(Tensor matrix) {
  matrix.rank = 3;
  matrix.shape = {matrix.shape[0], 1, matrix.shape[1]};
  matrix.stride = {matrix.stride[0], 0, matrix.stride[1]};
  return matrix;
}

/// A matrix as the weights of the only head.
inline Tensor weights_of_one_head(Tensor matrix) {
  matrix.rank = 3;
  matrix.shape = {1, matrix.shape[0], matrix.shape[1]};
  matrix.stride = {0, matrix.stride[0], matrix.stride[1]};
  return matrix;
}

class Step {
 public:
  Step(const OutputOperands& operands, LaunchContext& context, const Forms& forms)
      : o_(operands), context_(context), forms_(forms) {}

  Status run() {
    if (Status status = up_project(); !status.ok()) return status;
    if (o_.quantizes()) {
      if (Status status = quantize(); !status.ok()) return status;
    }
    if (o_.out.elements() == 0) return {};
    return o_.fp8() ? project_fp8() : o_.mxfp4() ? project_mxfp4() : project_plain();
  }

 private:
  Tensor values_by_head() const { return in_heads(o_.values, o_.heads(), o_.width()); }

  Status up_project() {
    Call call;
    call.set_tensor("x", o_.latent_out);
    call.set_tensor("w", o_.w_uv);
    if (o_.mxfp4_product()) {
      call.set_tensor("w_scales", o_.w_uv_scales);
    } else {
      call.set_tensor("w_scale", o_.w_uv_scale);
    }
    call.set_tensor("out", values_by_head());
    call.set_integer("form", o_.mxfp4_product() ? quantized_bmm::kA16Wfp4 : quantized_bmm::kFp8);
    call.set_integer("splits", 1);
    call.set_integer("format", o_.fnuz);
    call.set_integer("maximum", o_.maximum);
    return run_step("quantized_bmm",
                    forms_.strided_product ? &quantized_bmm::strided : &quantized_bmm::copy, call,
                    context_);
  }

  Status quantize() {
    Call call;
    call.set_tensor("x", values_by_head());
    call.set_tensor("codes", o_.codes);
    call.set_tensor("scales", o_.scales);
    call.set_integer("form", flatten_form());
    call.set_integer("group", o_.mxfp4() ? kMxBlock : o_.group);
    call.set_integer("special_block", 0);
    call.set_integer("format", o_.fnuz);
    call.set_integer("maximum", o_.maximum);
    call.set_integer("clamp_keeps_nan", 0);
    return run_step("flatten_quant",
                    forms_.strided_flatten ? &flatten_quant::strided : &flatten_quant::copy, call,
                    context_);
  }

  std::int64_t flatten_form() const {
    if (o_.mxfp4()) return flatten_quant::kMxfp4;
    return o_.projection == kFp8 ? flatten_quant::kFp8 : flatten_quant::kFp8Transposed;
  }

  Status project_plain() {
    Tensor w = o_.w_o;
    w.rank = 3;
    w.shape = {1, o_.row(), o_.columns()};
    w.stride = {0, o_.w_o.stride[1], o_.w_o.stride[0]};
    Call call;
    call.set_tensor("x", rows_of_one_head(o_.values));
    call.set_tensor("w", w);
    call.set_tensor("out", rows_of_one_head(o_.out));
    return run_step("strided_bmm", &strided_bmm::strided, call, context_);
  }

  Status project_mxfp4() {
    Call call;
    call.set_tensor("x", rows_of_one_head(o_.codes));
    call.set_tensor("x_scales", rows_of_one_head(o_.scales));
    call.set_tensor("w", weights_of_one_head(o_.w_o));
    call.set_tensor("w_scales", weights_of_one_head(o_.w_o_scales));
    call.set_tensor("out", rows_of_one_head(o_.out));
    call.set_integer("form", quantized_bmm::kAfp4Wfp4);
    call.set_integer("splits", 1);
    call.set_integer("format", o_.fnuz);
    call.set_integer("maximum", o_.maximum);
    return run_step("quantized_bmm", &quantized_bmm::strided, call, context_);
  }

  Status project_fp8() {
    return o_.fnuz != 0 ? project_fp8_as<E4M3FNUZ>() : project_fp8_as<E4M3FN>();
  }

  template <class Format>
  Status project_fp8_as() {
    const auto blocks = static_cast<unsigned>(rounded_up_quotient(o_.tokens(), kProjectTokens) *
                                              rounded_up_quotient(o_.columns(), kProjectColumns));
    return with_element(o_.out.dtype, [&](auto* element) {
      using Y = std::remove_pointer_t<decltype(element)>;
      const ProjectFp8Params<Y> p{.codes = o_.codes.as<const std::uint8_t>(),
                                  .codes_row = o_.codes.stride[0],
                                  .scales = o_.scales.as<const float>(),
                                  .scales_stride = {o_.scales.stride[0], o_.scales.stride[1]},
                                  .w = o_.w_o.as<const std::uint8_t>(),
                                  .w_stride = {o_.w_o.stride[0], o_.w_o.stride[1]},
                                  .w_scale = o_.w_o_scale.as<const float>(),
                                  .out = o_.out.as<Y>(),
                                  .out_row = o_.out.stride[0],
                                  .tokens = o_.tokens(),
                                  .columns = o_.columns(),
                                  .heads = o_.heads(),
                                  .width = o_.width(),
                                  .group = o_.group};
      return launch<ProjectFp8<Format, Y>>(context_, {blocks}, {kProjectThreads}, 0, p);
    });
  }

  const OutputOperands& o_;
  LaunchContext& context_;
  Forms forms_;
};

inline Status checked_run(const Call& call, LaunchContext& context, const Forms& forms) {
  const OutputOperands operands(call);
  if (Status status = check_arguments(call, operands); !status.ok()) return status;
  return Step(operands, context, forms).run();
}

/// What the optimisation replaced: a dense product that is copied transposed, and a flat copy of it
/// that is quantized.
inline Status plain(const Call& call, LaunchContext& context) {
  return checked_run(call, context, {});
}

/// The product goes through a view of the caller's rows, and the quantizer reads these.
inline Status optimised(const Call& call, LaunchContext& context) {
  return checked_run(call, context, {.strided_product = true, .strided_flatten = true});
}

}  // namespace mlacheck::MLACHECK_TARGET::output_step
