// Host routines of the quantized batched product (docs/contracts.md, "quantized_bmm").
//
//   form 0, a16wfp4    x [T, H, K] f16 or bf16, quantized inside
//   form 1, afp4wfp4   x [T, H, K/2] u8, x_scales [T, H, K/32] u8
//   both               w [H, V, K/2] u8, w_scales [H, V, K/32] u8
//   form 2, fp8        x [T, H, K] bf16, quantized inside; w [H, V, K] u8, w_scale [1] f32,
//                      bias [H, V] bf16 if given
//   out [T, H, V]      f32, f16 or bf16; no two elements share memory
//
// Any strides.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "harness/device/launch.h"
#include "harness/op/argument_checks.hpp"
#include "harness/op/call.hpp"
#include "harness/values/quotient.hpp"
#include "kernels/common/strided_copy.host.h"
#include "kernels/common/with_element.h"
#include "kernels/quantized_bmm/fp8_bmm.kernel.h"
#include "kernels/quantized_bmm/quantized_bmm.kernel.h"

namespace mlacheck::MLACHECK_TARGET::quantized_bmm {
inline constexpr std::int64_t kA16Wfp4 = 0;
inline constexpr std::int64_t kAfp4Wfp4 = 1;
inline constexpr std::int64_t kFp8 = 2;

struct Arguments {
  explicit Arguments(const Call& call)
      : form(call.integer("form")),
        splits(call.integer("splits")),
        fnuz(call.integer("format")),
        maximum(call.integer("maximum")),
        x(call.tensor("x")),
        w(call.tensor("w")),
        out(call.tensor("out")) {
    const auto take = [&](std::string_view name, Tensor& tensor) {
      if (const Tensor* given = call.find_tensor(name)) tensor = *given;
    };
    take("x_scales", x_scales);
    take("w_scales", w_scales);
    take("w_scale", w_scale);
    take("bias", bias);
  }

  bool packed() const { return form == kAfp4Wfp4; }
  std::int64_t tokens() const { return out.shape[0]; }
  std::int64_t heads() const { return out.shape[1]; }
  std::int64_t columns() const { return out.shape[2]; }
  std::int64_t blocks() const { return w_scales.shape[2]; }

  std::int64_t form;
  std::int64_t splits;
  std::int64_t fnuz;
  std::int64_t maximum;
  Tensor x;
  Tensor x_scales;  ///< this and the next three: of rank 0 if not given
  Tensor w_scales;
  Tensor w_scale;
  Tensor bias;
  Tensor w;
  Tensor out;
};

inline constexpr std::int64_t kMostSplits = 1024;
inline constexpr std::int64_t kMostBlocks = kMaxGridX;

inline std::int64_t tiles_of(const Arguments& a) {
  return a.heads() * rounded_up_quotient(a.tokens(), kQuantTokens) *
         rounded_up_quotient(a.columns(), kQuantColumns);
}

inline bool given(const Tensor& tensor) { return tensor.rank != 0; }

inline void check_absent(ArgumentChecker& check, std::string_view name, const Tensor& tensor) {
  check.require(name, !given(tensor), tensor, "this form takes none");
}

/// An operand that may be missing, but not in this form.
inline void check_present(ArgumentChecker& check, std::string_view name, const Tensor& tensor) {
  check.require(name, given(tensor), "nothing", "this form needs it");
}

inline void check_mx_operands(ArgumentChecker& check, const Arguments& a) {
  check_present(check, "w_scales", a.w_scales);
  check.operand("w_scales", a.w_scales, {a.heads(), a.columns(), -1}, {DType::u8});
  check_absent(check, "w_scale", a.w_scale);
  check_absent(check, "bias", a.bias);
  if (!check.ok()) return;
  // Bytes of packed codes are counted by 16, elements by 32; a limit keeps that in range.
  constexpr std::int64_t kMostMxBlocks = std::int64_t{1} << 40;
  check.require("w_scales", a.blocks() <= kMostMxBlocks, a.w_scales,
                "at most 2^40 blocks are needed");
  if (!check.ok()) return;
  const std::int64_t bytes = a.blocks() * (kMxBlock / 2);
  check.operand("w", a.w, {a.heads(), a.columns(), bytes}, {DType::u8});
  if (a.packed()) {
    check.operand("x", a.x, {a.tokens(), a.heads(), bytes}, {DType::u8});
    check_present(check, "x_scales", a.x_scales);
    check.operand("x_scales", a.x_scales, {a.tokens(), a.heads(), a.blocks()}, {DType::u8})
        .disjoint("out", a.out, "x_scales", a.x_scales);
  } else {
    check.operand("x", a.x, {a.tokens(), a.heads(), a.blocks() * kMxBlock},
                  {DType::f16, DType::bf16});
    check_absent(check, "x_scales", a.x_scales);
  }
  check.disjoint("out", a.out, "w_scales", a.w_scales);
}

inline void check_fp8_operands(ArgumentChecker& check, const Arguments& a) {
  check.operand("x", a.x, {a.tokens(), a.heads(), -1}, {DType::bf16});
  if (!check.ok()) return;
  check.operand("w", a.w, {a.heads(), a.columns(), a.x.shape[2]}, {DType::u8});
  check_present(check, "w_scale", a.w_scale);
  check.operand("w_scale", a.w_scale, {1}, {DType::f32});
  check_absent(check, "x_scales", a.x_scales);
  check_absent(check, "w_scales", a.w_scales);
  if (given(a.bias)) {
    check.operand("bias", a.bias, {a.heads(), a.columns()}, {DType::bf16})
        .disjoint("out", a.out, "bias", a.bias);
  }
  check.disjoint("out", a.out, "w_scale", a.w_scale);
}

inline void check_scalars(ArgumentChecker& check, const Arguments& a) {
  check.require("form", a.form >= kA16Wfp4 && a.form <= kFp8, a.form,
                "0 (a16wfp4), 1 (afp4wfp4) or 2 (fp8) is needed");
  if (a.form != kFp8) {
    check.require("splits", a.splits >= 1 && a.splits <= kMostSplits, a.splits,
                  "a value in 1..1024 is needed");
    return;
  }
  const bool known = a.maximum == 240 || a.maximum == 224 || (a.maximum == 448 && a.fnuz == 0);
  check
      .require("splits", a.splits == 1, a.splits,
               "form 2 fixes the order of its groups and takes 1")
      .require("format", a.fnuz == 0 || a.fnuz == 1, a.fnuz, "0 (E4M3FN) or 1 (E4M3FNUZ) is needed")
      .require("maximum", known, a.maximum, "448 (E4M3FN only), 240 or 224 is needed");
}

inline Status check_arguments(const Arguments& a) {
  ArgumentChecker check;
  check_scalars(check, a);
  check.operand("out", a.out, {-1, -1, -1}, {DType::f32, DType::f16, DType::bf16})
      .no_self_overlap("out", a.out);
  if (!check.ok()) return check.status();
  if (a.form == kFp8) {
    check_fp8_operands(check, a);
  } else {
    check_mx_operands(check, a);
  }
  check.disjoint("out", a.out, "x", a.x).disjoint("out", a.out, "w", a.w);
  if (!check.ok() || a.out.elements() == 0) return check.status();
  const bool launchable =
      tiles_of(a) <= kMostBlocks / a.splits &&
      rounded_up_quotient(a.out.elements(), kQuantElementThreads) <= kMostBlocks;
  return check
      .require(
          "out", launchable,
          [&] { return describe(a.out) + " in " + std::to_string(a.splits) + " splits"; },
          "at most 2147483647 thread blocks can be launched")
      .status();
}

template <class Use>
Status with_activation(DType dtype, const Use& use) {
  return with_element<PackedCodes>(dtype, use);
}

inline void copy_strides(const Tensor& from, std::int64_t (&to)[3]) {
  for (std::size_t axis = 0; axis < 3; ++axis) to[axis] = from.stride[axis];
}

/// One launch of Kernel<activation, element>, which takes MxBmmParams: each split's sums into its own
/// [T, H, V] of `out`.
template <template <class, class> class Kernel>
Status multiply(const Arguments& a, const Tensor& out, std::int64_t out_split,
                LaunchContext& context) {
  const auto blocks = static_cast<unsigned>(tiles_of(a) * a.splits);
  return with_activation(a.x.dtype, [&](auto* activation) {
    using X = std::remove_pointer_t<decltype(activation)>;
    return with_element(out.dtype, [&](auto* element) {
      using Y = std::remove_pointer_t<decltype(element)>;
      MxBmmParams<X, Y> p{};
      p.x = a.x.as<const X>();
      copy_strides(a.x, p.x_stride);
      p.x_scales = a.x_scales.as<const std::uint8_t>();
      copy_strides(a.x_scales, p.x_scales_stride);
      p.w = a.w.as<const std::uint8_t>();
      copy_strides(a.w, p.w_stride);
      p.w_scales = a.w_scales.as<const std::uint8_t>();
      copy_strides(a.w_scales, p.w_scales_stride);
      p.out = out.as<Y>();
      copy_strides(out, p.out_stride);
      p.out_split = out_split;
      p.tokens = a.tokens();
      p.heads = a.heads();
      p.columns = a.columns();
      p.blocks = a.blocks();
      p.splits = a.splits;
      return launch<Kernel<X, Y>>(context, {blocks}, {kQuantThreads}, 0, p);
    });
  });
}

inline Status no_scratch(std::string_view name, const Tensor& out) {
  return {StatusCode::out_of_memory,
          "quantized_bmm: no scratch " + std::string(name) + " for " + describe(out)};
}

inline unsigned element_blocks(const Tensor& out) {
  return static_cast<unsigned>(rounded_up_quotient(out.elements(), kQuantElementThreads));
}

inline Status reduce(const Arguments& a, const Tensor& partials, LaunchContext& context) {
  return with_element(a.out.dtype, [&](auto* element) {
    using Y = std::remove_pointer_t<decltype(element)>;
    ReduceSplitsParams<Y> p{};
    p.partials = partials.as<const float>();
    p.splits = a.splits;
    p.out = a.out.as<Y>();
    copy_strides(a.out, p.out_stride);
    for (std::size_t axis = 0; axis < 3; ++axis) p.extent[axis] = a.out.shape[axis];
    return launch<ReduceSplits<Y>>(context, {element_blocks(a.out)}, {kQuantElementThreads}, 0, p);
  });
}

template <class Format>
Status multiply_fp8(const Arguments& a, LaunchContext& context) {
  const auto blocks = static_cast<unsigned>(tiles_of(a));
  return with_element(a.out.dtype, [&](auto* element) {
    using Y = std::remove_pointer_t<decltype(element)>;
    Fp8BmmParams<Y> p{};
    p.x = a.x.as<const BFloat16>();
    copy_strides(a.x, p.x_stride);
    p.w = a.w.as<const std::uint8_t>();
    copy_strides(a.w, p.w_stride);
    p.w_scale = a.w_scale.as<const float>();
    p.bias = a.bias.as<const BFloat16>();
    for (std::size_t axis = 0; axis < 2; ++axis) p.bias_stride[axis] = a.bias.stride[axis];
    p.out = a.out.as<Y>();
    copy_strides(a.out, p.out_stride);
    p.tokens = a.tokens();
    p.heads = a.heads();
    p.columns = a.columns();
    p.depth = a.x.shape[2];
    p.maximum = static_cast<float>(a.maximum);
    return launch<Fp8Bmm<Format, Y>>(context, {blocks}, {kQuantThreads}, 0, p);
  });
}

/// The product into a.out, whatever its strides; the MXFP4 forms by Kernel. Arguments have been checked,
/// out has elements.
template <template <class, class> class Kernel = MxBmm>
Status product(const Arguments& a, LaunchContext& context) {
  if (a.form == kFp8) {
    return a.fnuz != 0 ? multiply_fp8<E4M3FNUZ>(a, context) : multiply_fp8<E4M3FN>(a, context);
  }
  if (a.splits == 1) return multiply<Kernel>(a, a.out, 0, context);
  const Tensor partials = context.allocate("split_partials", DType::f32,
                                           {a.splits, a.tokens(), a.heads(), a.columns()});
  if (partials.data == nullptr) return no_scratch("split_partials", a.out);
  const Tensor first =
      dense_tensor(partials.data, DType::f32, {a.tokens(), a.heads(), a.columns()});
  Status status = multiply<Kernel>(a, first, first.elements(), context);
  if (!status.ok()) return status;
  if (status = reduce(a, partials, context); !status.ok()) return status;
  context.release(partials);
  return {};
}

/// The product goes straight into the caller's buffer.
template <template <class, class> class Kernel>
Status run_strided(const Call& call, LaunchContext& context) {
  const Arguments a(call);
  if (Status status = check_arguments(a); !status.ok()) return status;
  if (a.out.elements() == 0) return {};
  return product<Kernel>(a, context);
}

inline Status strided(const Call& call, LaunchContext& context) {
  return run_strided<MxBmm>(call, context);
}

/// Baseline, what the optimisation replaced: a dense product [H, T, V], then a transposing copy.
inline Status copy(const Call& call, LaunchContext& context) {
  const Arguments a(call);
  if (Status status = check_arguments(a); !status.ok()) return status;
  if (a.out.elements() == 0) return {};
  const Tensor dense =
      context.allocate("dense_product", a.out.dtype, {a.heads(), a.tokens(), a.columns()});
  if (dense.data == nullptr) return no_scratch("dense_product", a.out);
  Arguments into_dense = a;
  into_dense.out.data = dense.data;
  into_dense.out.stride = {a.columns(), a.tokens() * a.columns(), 1};
  if (Status status = product(into_dense, context); !status.ok()) return status;
  if (Status status = strided_copy(into_dense.out, a.out, context); !status.ok()) return status;
  context.release(dense);
  return {};
}

}  // namespace mlacheck::MLACHECK_TARGET::quantized_bmm
