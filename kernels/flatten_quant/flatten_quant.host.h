// Host routines of flattening with quantization (docs/contracts.md, "flatten_quant").
//
//   x       [T, H, V]                          f32, f16 or bf16; any strides
//   codes   [T, H * V], MXFP4 [T, H * V / 2]   u8; last stride 1, no two elements share memory
//   scales  [T, H * ceil(V / group)]           u8 for MXFP4, else f32; the same, with stride 1 along T
//                                              for MXFP4 and transposed FP8, else along the columns
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>

#include "harness/device/launch.h"
#include "harness/op/argument_checks.hpp"
#include "harness/op/call.hpp"
#include "harness/values/quotient.hpp"
#include "kernels/common/strided_copy.host.h"
#include "kernels/common/with_element.h"
#include "kernels/flatten_quant/flatten_quant.kernel.h"

namespace mlacheck::MLACHECK_TARGET::flatten_quant {

/// Values of the integer `form`.
enum Form : std::int64_t { kMxfp4 = 0, kFp8 = 1, kFp8Transposed = 2 };

struct Arguments {
  Tensor x;
  Tensor codes;
  Tensor scales;
  std::int64_t form;
  std::int64_t group;
  std::int64_t special_block;    ///< MXFP4: a SpecialBlock
  std::int64_t maximum;          ///< FP8
  std::int64_t fnuz;             ///< FP8: 1 for E4M3FNUZ
  std::int64_t clamp_keeps_nan;  ///< FP8

  std::int64_t tokens() const { return x.shape[0]; }
  std::int64_t heads() const { return x.shape[1]; }
  std::int64_t columns() const { return x.shape[2]; }
  bool mxfp4() const { return form == kMxfp4; }
};

inline Arguments arguments_of(const Call& call) {
  return {.x = call.tensor("x"),
          .codes = call.tensor("codes"),
          .scales = call.tensor("scales"),
          .form = call.integer("form"),
          .group = call.integer("group"),
          .special_block = call.integer("special_block"),
          .maximum = call.integer("maximum"),
          .fnuz = call.integer("format"),
          .clamp_keeps_nan = call.integer("clamp_keeps_nan")};
}

inline std::int64_t groups_of(const Arguments& a) {
  return a.tokens() * a.heads() * rounded_up_quotient(a.columns(), a.group);
}

inline void check_integers(const Arguments& a, ArgumentChecker& check) {
  check.integer_within("form", a.form, kMxfp4, kFp8Transposed);
  if (a.mxfp4()) {
    check.integer_within("group", a.group, kMxBlock, kMxBlock)
        .integer_within("special_block", a.special_block, 0, 3);
    return;
  }
  check.integer_within("group", a.group, 1, kLargestGroup)
      .integer_within("format", a.fnuz, 0, 1)
      .integer_within("clamp_keeps_nan", a.clamp_keeps_nan, 0, 1);
  const bool fits = a.maximum == 240 || a.maximum == 224 || (a.maximum == 448 && a.fnuz == 0);
  check.require("maximum", fits, a.maximum,
                a.fnuz != 0 ? "240 or 224 is needed for E4M3FNUZ" : "448, 240 or 224 is needed");
}

inline Status check_arguments(const Arguments& a) {
  ArgumentChecker check;
  check_integers(a, check);
  check.operand("x", a.x, {-1, -1, -1}, {DType::f32, DType::f16, DType::bf16});
  if (!check.ok()) return check.status();
  // One limit for all variants keeps them interchangeable; that of one thread an element is the
  // lowest, and with it no product below overflows.
  constexpr std::int64_t kMost = static_cast<std::int64_t>(kMaxGridX) *
                                 (kGroupsABlock < kCopyThreads ? kGroupsABlock : kCopyThreads);
  const auto within = [](std::int64_t extent, std::int64_t limit) {
    return extent == 0 ? limit : limit / extent;
  };
  const std::int64_t most_rows = within(a.columns(), kMost);
  check.require("x", a.heads() <= most_rows && a.tokens() <= within(a.heads(), most_rows), a.x,
                [] { return "at most " + std::to_string(kMost) + " elements can be launched"; });
  check.require("x", !a.mxfp4() || a.columns() % 2 == 0, a.x,
                "MXFP4 packs pairs of a head: the last extent must be even");
  if (!check.ok()) return check.status();
  const bool by_token = a.form != kFp8;
  return check
      .operand("codes", a.codes,
               {a.tokens(), a.heads() * (a.mxfp4() ? a.columns() / 2 : a.columns())}, {DType::u8})
      .unit_stride("codes", a.codes, 1)
      .no_self_overlap("codes", a.codes)
      .operand("scales", a.scales,
               {a.tokens(), a.heads() * rounded_up_quotient(a.columns(), a.group)},
               {a.mxfp4() ? DType::u8 : DType::f32})
      .unit_stride("scales", a.scales, by_token ? 0 : 1)
      .no_self_overlap("scales", a.scales)
      .disjoint("codes", a.codes, "x", a.x)
      .disjoint("scales", a.scales, "x", a.x)
      .disjoint("scales", a.scales, "codes", a.codes)
      .status();
}

template <class T, class Scale>
FlattenParams<T, Scale> params_of(const Arguments& a, const Tensor& x) {
  return {.x = x.as<const T>(),
          .x_stride = {x.stride[0], x.stride[1], x.stride[2]},
          .codes = a.codes.as<std::uint8_t>(),
          .codes_row = a.codes.stride[0],
          .scales = a.scales.as<Scale>(),
          .scales_stride = {a.scales.stride[0], a.scales.stride[1]},
          .tokens = x.shape[0],
          .heads = x.shape[1],
          .columns = x.shape[2],
          .group = a.group,
          .maximum = static_cast<float>(a.maximum),
          .clamp_keeps_nan = a.clamp_keeps_nan != 0};
}

/// Launches the kernel for the form, type and policy, with kGroups groups for each block of
/// kThreads.
template <template <class, SpecialBlock> class Mxfp4, template <class, class> class Fp8,
          int kThreads, int kGroups>
Status run_quantizer(const Arguments& a, const Tensor& x, LaunchContext& context) {
  const Dim3 grid{static_cast<unsigned>(rounded_up_quotient(groups_of(a), kGroups))};
  return with_element(x.dtype, [&](auto* element) -> Status {
    using T = std::remove_pointer_t<decltype(element)>;
    if (!a.mxfp4()) {
      const auto params = params_of<T, float>(a, x);
      return a.fnuz != 0 ? launch<Fp8<T, E4M3FNUZ>>(context, grid, {kThreads}, 0, params)
                         : launch<Fp8<T, E4M3FN>>(context, grid, {kThreads}, 0, params);
    }
    const auto params = params_of<T, std::uint8_t>(a, x);
    switch (static_cast<SpecialBlock>(a.special_block)) {
      case SpecialBlock::wrap:
        return launch<Mxfp4<T, SpecialBlock::wrap>>(context, grid, {kThreads}, 0, params);
      case SpecialBlock::arithmetic:
        return launch<Mxfp4<T, SpecialBlock::arithmetic>>(context, grid, {kThreads}, 0, params);
      case SpecialBlock::nan_scale:
        return launch<Mxfp4<T, SpecialBlock::nan_scale>>(context, grid, {kThreads}, 0, params);
      default:
        return launch<Mxfp4<T, SpecialBlock::launder>>(context, grid, {kThreads}, 0, params);
    }
  });
}

/// Reads the view in place.
inline Status strided(const Call& call, LaunchContext& context) {
  const Arguments a = arguments_of(call);
  if (Status status = check_arguments(a); !status.ok()) return status;
  if (a.x.elements() == 0) return {};
  return run_quantizer<FlattenMxfp4, FlattenFp8, kFlattenThreads, kGroupsABlock>(a, a.x, context);
}

/// Baseline: a dense copy, then a quantizer of matrices. Its rows are tokens where groups do not
/// straddle heads by themselves; otherwise the heads of tokens.
inline Status copy(const Call& call, LaunchContext& context) {
  const Arguments a = arguments_of(call);
  if (Status status = check_arguments(a); !status.ok()) return status;
  if (a.x.elements() == 0) return {};
  const std::int64_t width = a.heads() * a.columns();
  Tensor flat = context.allocate("flat", a.x.dtype, {a.tokens(), width});
  if (flat.data == nullptr) {
    return {StatusCode::out_of_memory, "flatten_quant: no scratch flat for " + describe(a.x)};
  }
  Tensor rows = dense_tensor(flat.data, flat.dtype, {a.tokens(), a.heads(), a.columns()});
  if (Status status = strided_copy(a.x, rows, context); !status.ok()) return status;
  if (a.columns() % a.group == 0) {
    rows = dense_tensor(flat.data, flat.dtype, {a.tokens(), 1, width});
  }
  Status status = run_quantizer<RowMxfp4, RowFp8, kRowThreads, kRowThreads>(a, rows, context);
  if (!status.ok()) return status;
  context.release(flat);
  return {};
}

}  // namespace mlacheck::MLACHECK_TARGET::flatten_quant
