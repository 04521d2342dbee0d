// Host routines of the quantised batched product (docs/contracts.md, "quantized_bmm").
//
//   form 0, a16wfp4    x [T, H, K] f16 or bf16, quantised inside
//   form 1, afp4wfp4   x [T, H, K/2] u8, x_scales [T, H, K/32] u8
//   both               w [H, V, K/2] u8, w_scales [H, V, K/32] u8
//   out [T, H, V]      f32, f16 or bf16; no two elements share memory
//
// Any strides.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "harness/core/argument_checks.hpp"
#include "harness/core/call.hpp"
#include "harness/device/launch.h"
#include "kernels/quantized_bmm/quantized_bmm.kernel.h"

namespace mlacheck::MLACHECK_TARGET {
namespace quantized_bmm {

enum class Form : std::int64_t { a16wfp4 = 0, afp4wfp4 = 1 };

struct Arguments {
  explicit Arguments(const Call& call)
      : form(call.integer("form")),
        splits(call.integer("splits")),
        x(call.tensor("x")),
        w(call.tensor("w")),
        out(call.tensor("out")) {
    if (const Tensor* given = call.find_tensor("x_scales")) x_scales = *given;
    if (const Tensor* given = call.find_tensor("w_scales")) w_scales = *given;
  }

  bool packed() const { return form == static_cast<std::int64_t>(Form::afp4wfp4); }
  std::int64_t tokens() const { return out.shape[0]; }
  std::int64_t heads() const { return out.shape[1]; }
  std::int64_t columns() const { return out.shape[2]; }
  std::int64_t blocks() const { return w_scales.shape[2]; }

  std::int64_t form;
  std::int64_t splits;
  Tensor x;
  Tensor x_scales;  ///< rank 0 if not given
  Tensor w;
  Tensor w_scales;
  Tensor out;
};

inline constexpr std::int64_t kMostSplits = 1024;
inline constexpr std::int64_t kMostBlocks = kMaxGridX;

inline std::int64_t quotient(std::int64_t a, std::int64_t b) { return a / b + (a % b != 0); }

inline std::int64_t tiles_of(const Arguments& a) {
  return a.heads() * quotient(a.tokens(), kQuantTokens) * quotient(a.columns(), kQuantColumns);
}

inline void check_operands(ArgumentChecker& check, const Arguments& a) {
  check.operand("out", a.out, {-1, -1, -1}, {DType::f32, DType::f16, DType::bf16})
      .no_self_overlap("out", a.out)
      .require("w_scales", a.w_scales.rank != 0, "nothing", "forms 0 and 1 need it")
      .operand("w_scales", a.w_scales, {a.heads(), a.columns(), -1}, {DType::u8});
  if (!check.ok()) return;
  // Bytes of packed codes are counted by 16, elements by 32; a limit keeps that in range.
  constexpr std::int64_t kMostMxBlocks = std::int64_t{1} << 40;
  check.require("w_scales", a.blocks() <= kMostMxBlocks, describe(a.w_scales),
                "at most 2^40 blocks are needed");
  if (!check.ok()) return;
  const std::int64_t bytes = a.blocks() * (kMxBlock / 2);
  check.operand("w", a.w, {a.heads(), a.columns(), bytes}, {DType::u8});
  if (a.packed()) {
    check.operand("x", a.x, {a.tokens(), a.heads(), bytes}, {DType::u8})
        .require("x_scales", a.x_scales.rank != 0, "nothing", "form 1 needs it")
        .operand("x_scales", a.x_scales, {a.tokens(), a.heads(), a.blocks()}, {DType::u8})
        .disjoint("out", a.out, "x_scales", a.x_scales);
  } else {
    check
        .operand("x", a.x, {a.tokens(), a.heads(), a.blocks() * kMxBlock},
                 {DType::f16, DType::bf16})
        .require("x_scales", a.x_scales.rank == 0, describe(a.x_scales),
                 "form 0 quantises x itself and takes none");
  }
  check.disjoint("out", a.out, "x", a.x)
      .disjoint("out", a.out, "w", a.w)
      .disjoint("out", a.out, "w_scales", a.w_scales);
}

inline Status check_arguments(const Arguments& a) {
  ArgumentChecker check;
  check
      .require("form", a.form == 0 || a.form == 1, std::to_string(a.form),
               "0 (a16wfp4) or 1 (afp4wfp4) is needed")
      .require("splits", a.splits >= 1 && a.splits <= kMostSplits, std::to_string(a.splits),
               "a value in 1..1024 is needed");
  if (check.ok()) check_operands(check, a);
  if (!check.ok() || a.out.elements() == 0) return check.status();
  const bool launchable = tiles_of(a) <= kMostBlocks / a.splits &&
                          quotient(a.out.elements(), kQuantElementThreads) <= kMostBlocks;
  return check
      .require("out", launchable, describe(a.out) + " in " + std::to_string(a.splits) + " splits",
               "at most 2147483647 thread blocks can be launched")
      .status();
}

/// Calls `use` with a null pointer of the device type of `dtype`.
template <class Use>
Status with_output(DType dtype, const Use& use) {
  switch (dtype) {
    case DType::f16:
      return use(static_cast<Half*>(nullptr));
    case DType::bf16:
      return use(static_cast<BFloat16*>(nullptr));
    default:
      return use(static_cast<float*>(nullptr));
  }
}

template <class Use>
Status with_activation(DType dtype, const Use& use) {
  switch (dtype) {
    case DType::f16:
      return use(static_cast<Half*>(nullptr));
    case DType::bf16:
      return use(static_cast<BFloat16*>(nullptr));
    default:
      return use(static_cast<PackedCodes*>(nullptr));
  }
}

inline void copy_strides(const Tensor& from, std::int64_t (&to)[3]) {
  for (std::size_t axis = 0; axis < 3; ++axis) to[axis] = from.stride[axis];
}

/// One launch: each split's sums into its own [T, H, V] of `out`.
inline Status multiply(const Arguments& a, const Tensor& out, std::int64_t out_split,
                       LaunchContext& context) {
  const auto blocks = static_cast<unsigned>(tiles_of(a) * a.splits);
  return with_activation(a.x.dtype, [&](auto* activation) {
    using X = std::remove_pointer_t<decltype(activation)>;
    return with_output(out.dtype, [&](auto* element) {
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
      return launch<MxBmm<X, Y>>(context, {blocks}, {kQuantThreads}, 0, p);
    });
  });
}

inline Status no_scratch(std::string_view name, const Tensor& out) {
  return {StatusCode::out_of_memory,
          "quantized_bmm: no scratch " + std::string(name) + " for " + describe(out)};
}

inline unsigned element_blocks(const Tensor& out) {
  return static_cast<unsigned>(quotient(out.elements(), kQuantElementThreads));
}

inline Status reduce(const Arguments& a, const Tensor& partials, LaunchContext& context) {
  return with_output(a.out.dtype, [&](auto* element) {
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

/// The product into a.out, whatever its strides. Arguments have been checked, out has elements.
inline Status product(const Arguments& a, LaunchContext& context) {
  if (a.splits == 1) return multiply(a, a.out, 0, context);
  const Tensor partials = context.allocate("split_partials", DType::f32,
                                           {a.splits, a.tokens(), a.heads(), a.columns()});
  if (partials.data == nullptr) return no_scratch("split_partials", a.out);
  const Tensor first =
      dense_tensor(partials.data, DType::f32, {a.tokens(), a.heads(), a.columns()});
  if (Status status = multiply(a, first, first.elements(), context); !status.ok()) return status;
  if (Status status = reduce(a, partials, context); !status.ok()) return status;
  context.release(partials);
  return {};
}

inline Status transpose(const Tensor& dense, const Tensor& out, LaunchContext& context) {
  return with_output(out.dtype, [&](auto* element) {
    using Y = std::remove_pointer_t<decltype(element)>;
    TransposeHeadsParams<Y> p{};
    p.from = dense.as<const Y>();
    p.to = out.as<Y>();
    copy_strides(out, p.to_stride);
    for (std::size_t axis = 0; axis < 3; ++axis) p.extent[axis] = out.shape[axis];
    context.record_traffic(Traffic::copy,
                           static_cast<std::uint64_t>(out.elements()) * size_of(out.dtype));
    return launch<TransposeHeads<Y>>(context, {element_blocks(out)}, {kQuantElementThreads}, 0, p);
  });
}

}  // namespace quantized_bmm

/// The product goes straight into the caller's buffer.
inline Status quantized_bmm_strided(const Call& call, LaunchContext& context) {
  const quantized_bmm::Arguments a(call);
  if (Status status = quantized_bmm::check_arguments(a); !status.ok()) return status;
  if (a.out.elements() == 0) return {};
  return quantized_bmm::product(a, context);
}

/// Baseline, what the optimisation replaced: a dense product [H, T, V], then a transposing copy.
inline Status quantized_bmm_copy(const Call& call, LaunchContext& context) {
  const quantized_bmm::Arguments a(call);
  if (Status status = quantized_bmm::check_arguments(a); !status.ok()) return status;
  if (a.out.elements() == 0) return {};
  const Tensor dense =
      context.allocate("dense_product", a.out.dtype, {a.heads(), a.tokens(), a.columns()});
  if (dense.data == nullptr) return quantized_bmm::no_scratch("dense_product", a.out);
  quantized_bmm::Arguments into_dense = a;
  into_dense.out.data = dense.data;
  into_dense.out.stride = {a.columns(), a.tokens() * a.columns(), 1};
  if (Status status = quantized_bmm::product(into_dense, context); !status.ok()) return status;
  if (Status status = quantized_bmm::transpose(dense, a.out, context); !status.ok()) return status;
  context.release(dense);
  return {};
}

}  // namespace mlacheck::MLACHECK_TARGET
