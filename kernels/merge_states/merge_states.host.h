// Host routines of the merge of two attention states (docs/contracts.md, "merge_states").
//
//   prefix_out, suffix_out, out   [T, H, V]  f32, f16 or bf16, the same; last stride 1
//   prefix_lse, suffix_lse        [H, T]     f32, natural log, any strides
//   lse_out (optional)            [H, T]     f32
//   prefill_tokens_with_context   C in [0, T]: tokens from C on copy the suffix, LSE included
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <type_traits>

#include "harness/device/launch.h"
#include "harness/op/argument_checks.hpp"
#include "harness/op/call.hpp"
#include "harness/values/quotient.hpp"
#include "kernels/common/with_element.h"
#include "kernels/merge_states/merge_states.kernel.h"

namespace mlacheck::MLACHECK_TARGET::merge_states {

struct MergeTensors {
  Tensor prefix_out;
  Tensor prefix_lse;
  Tensor suffix_out;
  Tensor suffix_lse;
  Tensor out;
  Tensor lse_out;  ///< null data: not wanted
  std::int64_t context_tokens = 0;
};

// A [T, H, V] tensor, or an LSE [H, T] seen as [T, H].
template <class E>
MergeView<E> view(const Tensor& tensor) {
  const std::size_t token_axis = tensor.rank == 3 ? 0 : 1;
  const std::size_t head_axis = 1 - token_axis;
  return {static_cast<E*>(tensor.data), tensor.stride[token_axis], tensor.stride[head_axis]};
}

// True if every row of V elements starts on a 16-byte boundary.
inline bool packed(const Tensor& tensor) {
  const auto element = static_cast<std::int64_t>(size_of(tensor.dtype));
  bool aligned = reinterpret_cast<std::uintptr_t>(tensor.data) % kMergePackBytes == 0;
  for (const std::size_t axis : {std::size_t{0}, std::size_t{1}}) {
    if (tensor.shape[axis] > 1) {
      aligned = aligned && tensor.stride[axis] * element % kMergePackBytes == 0;
    }
  }
  return aligned;
}

// Lanes for each (token, head): enough for one pack each, a power of two.
inline int lanes_for(const Tensor& out) {
  const std::int64_t elements = kMergePackBytes / static_cast<int>(size_of(out.dtype));
  const std::int64_t packs = rounded_up_quotient(out.shape[2], elements);
  const std::int64_t wanted = std::clamp<std::int64_t>(packs, 1, kMergeMaxLanes);
  return static_cast<int>(std::bit_ceil(static_cast<std::uint64_t>(wanted)));
}

inline std::int64_t blocks_for(std::int64_t threads) {
  return rounded_up_quotient(threads, kMergeBlockThreads);
}

inline constexpr std::int64_t kTooManyBlocks = std::int64_t{kMaxGridX} + 1;

// Blocks for rows of `threads` threads each; kTooManyBlocks for any number that no grid can hold.
// Divisions, since the product need not fit 64 bits: where V is 0, T and H are bounded by nothing.
inline std::int64_t row_blocks(const Tensor& out, std::int64_t threads) {
  constexpr std::int64_t kMostThreads = std::int64_t{kMaxGridX} * kMergeBlockThreads;
  const std::int64_t tokens = out.shape[0];
  const std::int64_t heads = out.shape[1];
  if (tokens == 0 || heads == 0) return 0;
  if (tokens > kMostThreads / threads / heads) return kTooManyBlocks;
  return blocks_for(tokens * heads * threads);
}

inline std::int64_t scalar_blocks(const Tensor& out) {
  return row_blocks(out, std::max<std::int64_t>(out.shape[2], 1));
}

inline std::int64_t vectorized_blocks(const Tensor& out) { return row_blocks(out, lanes_for(out)); }

template <class T>
MergeParams<T> params_of(const MergeTensors& t) {
  return {.prefix_out = view<const T>(t.prefix_out),
          .prefix_lse = view<const float>(t.prefix_lse),
          .suffix_out = view<const T>(t.suffix_out),
          .suffix_lse = view<const float>(t.suffix_lse),
          .out = view<T>(t.out),
          .lse_out = view<float>(t.lse_out),
          .tokens = t.out.shape[0],
          .heads = t.out.shape[1],
          .width = t.out.shape[2],
          .context_tokens = t.context_tokens,
          .lanes = lanes_for(t.out),
          .prefix_packed = packed(t.prefix_out),
          .suffix_packed = packed(t.suffix_out),
          .out_packed = packed(t.out)};
}

template <class Kernel, class T>
Status start(const MergeTensors& tensors, std::int64_t blocks, LaunchContext& context) {
  return launch<Kernel>(context, {static_cast<unsigned>(blocks)}, {kMergeBlockThreads}, 0,
                        params_of<T>(tensors));
}

// What the tokens without context write: their suffix, and its LSE if one is wanted.
inline std::uint64_t copied_bytes(const MergeTensors& t) {
  const std::int64_t rows = (t.out.shape[0] - t.context_tokens) * t.out.shape[1];
  std::uint64_t row_bytes = static_cast<std::uint64_t>(t.out.shape[2]) * size_of(t.out.dtype);
  if (t.lse_out.data != nullptr) row_bytes += sizeof(float);
  return static_cast<std::uint64_t>(rows) * row_bytes;
}

// Arguments must have been checked. Nothing to write: nothing is launched.
template <template <class> class Kernel>
Status run(const MergeTensors& tensors, std::int64_t blocks, LaunchContext& context) {
  if (blocks == 0) return {};
  context.record_traffic(Traffic::copy, copied_bytes(tensors));
  return with_element(tensors.out.dtype, [&](auto* element) {
    using T = std::remove_pointer_t<decltype(element)>;
    return start<Kernel<T>, T>(tensors, blocks, context);
  });
}

/// A [T, H, V] operand of the element type of `out`, last stride 1.
inline void check_values(ArgumentChecker& check, std::string_view name, const Tensor& tensor,
                         const Tensor& out) {
  check.operand(name, tensor, {out.shape[0], out.shape[1], out.shape[2]}, {out.dtype})
      .unit_stride(name, tensor, 2);
}

inline void check_lse(ArgumentChecker& check, std::string_view name, const Tensor& tensor,
                      const Tensor& out) {
  check.operand(name, tensor, {out.shape[1], out.shape[0]}, {DType::f32});
}

/// The output, which gives T, H and V to everything else.
inline void check_out(ArgumentChecker& check, const Tensor& out) {
  check.operand("out", out, {-1, -1, -1}, {DType::f32, DType::f16, DType::bf16})
      .unit_stride("out", out, 2)
      .no_self_overlap("out", out);
}

inline void check_grid(ArgumentChecker& check, const Tensor& out, std::int64_t blocks) {
  if (!check.ok()) return;
  check.require("out", blocks <= static_cast<std::int64_t>(kMaxGridX), out,
                "at most 2147483647 blocks of 128 threads can be launched");
}

inline void check_context(ArgumentChecker& check, std::int64_t context_tokens, const Tensor& out) {
  check.require("prefill_tokens_with_context",
                context_tokens >= 0 && context_tokens <= out.shape[0], context_tokens, [&] {
                  return "a number from 0 to the " + std::to_string(out.shape[0]) +
                         " tokens is needed";
                });
}

inline Status check_arguments(const MergeTensors& t, bool has_lse_out) {
  ArgumentChecker check;
  check_out(check, t.out);
  check_values(check, "prefix_out", t.prefix_out, t.out);
  check_lse(check, "prefix_lse", t.prefix_lse, t.out);
  check_values(check, "suffix_out", t.suffix_out, t.out);
  check_lse(check, "suffix_lse", t.suffix_lse, t.out);
  check_context(check, t.context_tokens, t.out);
  if (has_lse_out) {
    check_lse(check, "lse_out", t.lse_out, t.out);
    check.no_self_overlap("lse_out", t.lse_out);
  }
  if (!check.ok()) return check.status();
  const auto written = [&](std::string_view name, const Tensor& tensor) {
    check.disjoint(name, tensor, "prefix_out", t.prefix_out)
        .disjoint(name, tensor, "prefix_lse", t.prefix_lse)
        .disjoint(name, tensor, "suffix_out", t.suffix_out)
        .disjoint(name, tensor, "suffix_lse", t.suffix_lse);
  };
  written("out", t.out);
  if (has_lse_out) {
    written("lse_out", t.lse_out);
    check.disjoint("lse_out", t.lse_out, "out", t.out);
  }
  return check.status();
}

template <template <class> class Kernel>
Status checked_run(const Call& call, LaunchContext& context,
                   std::int64_t (*blocks_of)(const Tensor&)) {
  const Tensor* lse_out = call.find_tensor("lse_out");
  const MergeTensors tensors{.prefix_out = call.tensor("prefix_out"),
                             .prefix_lse = call.tensor("prefix_lse"),
                             .suffix_out = call.tensor("suffix_out"),
                             .suffix_lse = call.tensor("suffix_lse"),
                             .out = call.tensor("out"),
                             .lse_out = lse_out != nullptr ? *lse_out : Tensor{},
                             .context_tokens = call.integer("prefill_tokens_with_context")};
  ArgumentChecker grid;
  Status status = check_arguments(tensors, lse_out != nullptr);
  if (!status.ok()) return status;
  const std::int64_t blocks = blocks_of(tensors.out);
  check_grid(grid, tensors.out, blocks);
  if (!grid.ok()) return grid.status();
  return run<Kernel>(tensors, blocks, context);
}

/// One thread an element.
inline Status scalar(const Call& call, LaunchContext& context) {
  return checked_run<ScalarMerge>(call, context, &scalar_blocks);
}

/// Packs of 16 bytes where rows are aligned.
inline Status vectorized(const Call& call, LaunchContext& context) {
  return checked_run<VectorizedMerge>(call, context, &vectorized_blocks);
}

}  // namespace mlacheck::MLACHECK_TARGET::merge_states
