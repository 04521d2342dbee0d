// Host routines of MLA decode (docs/contracts.md, "mla_decode").
//
//   q                [rows, H, latent + rope]      f32, f16 or bf16; last stride 1
//   kv               [pages, page, latent + rope]  same type; last stride 1; V is the first `latent`
//   query_start_loc  [R + 1] i32                   first row of each request, and the end of the last
//   either           block_table [R, W] i32 and seq_lens [R] i32
//   or               kv_indptr [R + 1], kv_indices [any], kv_last_page_len [R], all i32
//   out              [rows, H, latent]             same type; last stride 1
//   lse_out          [rows, H] f32                 any strides
//   latent, splits, causal (integers), scale (real)
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

#include "harness/device/launch.h"
#include "harness/device/unit.h"
#include "harness/op/argument_checks.hpp"
#include "harness/op/call.hpp"
#include "harness/values/quotient.hpp"
#include "kernels/common/with_element.h"
#include "kernels/mla_decode/async_decode.kernel.h"
#include "kernels/mla_decode/mla_decode.kernel.h"

namespace mlacheck::MLACHECK_TARGET::mla_decode {

struct DecodeOperands {
  Tensor q;
  Tensor kv;
  Tensor out;
  Tensor lse_out;
  KeyMap map{};
  std::int64_t latent = 0;
  std::int64_t splits = 1;
  float scale = 1;
  bool async = false;  ///< stage 1 fetches its keys by asynchronous copies

  std::int64_t rows() const { return q.shape[0]; }
  std::int64_t heads() const { return q.shape[1]; }
  std::int64_t depth() const { return q.shape[2]; }
};

inline constexpr std::int64_t kMostSplits = 256;
inline constexpr std::int64_t kMostDepth = 1024;

/// Shared memory of a block of stage 1, dynamic and then in all. The type of the elements matters
/// only where they are fetched as they are.
inline std::size_t dynamic_shared_bytes(const DecodeOperands& o) {
  if (o.async) {
    return async_dynamic_bytes(size_of(o.q.dtype), static_cast<std::size_t>(o.latent),
                               static_cast<std::size_t>(o.depth()));
  }
  return sizeof(float) *
         DecodeSplit<float>::shared_floats(static_cast<int>(o.latent), static_cast<int>(o.depth()));
}
inline std::size_t shared_bytes(const DecodeOperands& o) {
  return dynamic_shared_bytes(o) + DecodeSplit<float>::kStaticSharedBytes;
}

// The page map: exactly one of the two forms.
inline void check_map(const Call& call, ArgumentChecker& checker, DecodeOperands& o) {
  const Tensor& starts = call.tensor("query_start_loc");
  const auto ints = {DType::i32};
  checker.operand("query_start_loc", starts, {-1}, ints)
      .require("query_start_loc", starts.shape[0] >= 1, starts, "R + 1 entries are needed")
      .unit_stride("query_start_loc", starts, 0);
  const std::int64_t requests = starts.shape[0] - 1;
  o.map.query_start_loc = starts.as<const std::int32_t>();
  o.map.requests = requests;
  o.map.page_size = o.kv.shape[1];
  o.map.causal = call.integer("causal") != 0;
  const Tensor* table = call.find_tensor("block_table");
  const Tensor* indptr = call.find_tensor("kv_indptr");
  checker.require("block_table", (table != nullptr) != (indptr != nullptr),
                  table == nullptr ? "absent" : "given with kv_indptr",
                  "one of block_table and kv_indptr is needed");
  if (!checker.ok()) return;
  if (table != nullptr) {
    const Tensor& lengths = call.tensor("seq_lens");
    checker.operand("block_table", *table, {requests, -1}, ints)
        .unit_stride("block_table", *table, 1)
        .operand("seq_lens", lengths, {requests}, ints)
        .unit_stride("seq_lens", lengths, 0);
    o.map.block_table = table->as<const std::int32_t>();
    o.map.block_table_stride = table->stride[0];
    o.map.seq_lens = lengths.as<const std::int32_t>();
    return;
  }
  const Tensor& indices = call.tensor("kv_indices");
  const Tensor& last = call.tensor("kv_last_page_len");
  checker.operand("kv_indptr", *indptr, {requests + 1}, ints)
      .unit_stride("kv_indptr", *indptr, 0)
      .operand("kv_indices", indices, {-1}, ints)
      .unit_stride("kv_indices", indices, 0)
      .operand("kv_last_page_len", last, {requests}, ints)
      .unit_stride("kv_last_page_len", last, 0);
  o.map.kv_indptr = indptr->as<const std::int32_t>();
  o.map.kv_indices = indices.as<const std::int32_t>();
  o.map.kv_last_page_len = last.as<const std::int32_t>();
}

inline Status check(const Call& call, DecodeOperands& o) {
  o.q = call.tensor("q");
  o.kv = call.tensor("kv");
  o.out = call.tensor("out");
  o.lse_out = call.tensor("lse_out");
  o.latent = call.integer("latent");
  o.splits = call.integer("splits");
  const double scale = call.real("scale");
  ArgumentChecker checker;
  checker.operand("q", o.q, {-1, -1, -1}, {DType::f32, DType::f16, DType::bf16})
      .unit_stride("q", o.q, 2)
      .operand("kv", o.kv, {-1, -1, o.q.shape[2]}, {o.q.dtype})
      .unit_stride("kv", o.kv, 2)
      .require("kv", o.kv.shape[1] >= 1, o.kv, "a page size of at least 1 is needed")
      .integer_at_least("latent", o.latent, 1)
      .require("latent", o.latent <= o.q.shape[2], o.latent,
               [&] {
                 return "at most the " + std::to_string(o.q.shape[2]) + " columns of q are allowed";
               })
      .require("q", o.q.shape[2] <= kMostDepth, o.q,
               [] { return "at most " + std::to_string(kMostDepth) + " columns are supported"; })
      .integer_within("splits", o.splits, 1, kMostSplits)
      .integer_within("causal", call.integer("causal"), 0, 1)
      .real_in_float("scale", scale)
      .operand("out", o.out, {o.q.shape[0], o.q.shape[1], o.latent}, {o.q.dtype})
      .unit_stride("out", o.out, 2)
      .no_self_overlap("out", o.out)
      .operand("lse_out", o.lse_out, {o.q.shape[0], o.q.shape[1]}, {DType::f32})
      .no_self_overlap("lse_out", o.lse_out);
  if (checker.ok()) check_map(call, checker, o);
  for (const auto& [name, tensor] : call.tensors()) {
    if (name == "out" || name == "lse_out") continue;
    checker.disjoint("out", o.out, name, tensor).disjoint("lse_out", o.lse_out, name, tensor);
  }
  checker.disjoint("out", o.out, "lse_out", o.lse_out);
  if (!checker.ok()) return checker.status();
  o.scale = static_cast<float>(scale);
  // One block for each (row, head, split) at most; the elements of out bound the fill's blocks.
  // Divisions, since the product of strides 0 and any extents may not fit 64 bits.
  const std::int64_t most = std::numeric_limits<std::int32_t>::max() / std::max(o.splits, o.latent);
  checker.require("q", o.heads() == 0 || o.rows() <= most / o.heads(), o.q,
                  "rows * heads * max(splits, latent) must be below 2^31");
  if (!checker.ok()) return checker.status();
  return check_shared_bytes("q", describe(o.q), shared_bytes(o), kSharedBytes);
}

template <class E>
RowView<E> rows_of(const Tensor& tensor) {
  return {static_cast<E*>(tensor.data), tensor.stride[0], tensor.stride[1]};
}

inline Dim3 grid(std::int64_t blocks) { return {static_cast<unsigned>(blocks), 1, 1}; }

template <class T>
Status zero_fill(const DecodeOperands& o, LaunchContext& context) {
  typename ZeroFill<T>::Params p{rows_of<T>(o.out), o.rows(), o.heads(), o.latent};
  const std::int64_t blocks = rounded_up_quotient(o.out.elements(), ZeroFill<T>::kThreads);
  context.record_traffic(Traffic::fill,
                         static_cast<std::uint64_t>(o.out.elements()) * size_of(o.out.dtype));
  return launch<ZeroFill<T>>(context, grid(blocks), {ZeroFill<T>::kThreads, 1, 1}, 0, p);
}

template <class T>
Status attend(const DecodeOperands& o, const Tensor& partial_out, const Tensor& partial_lse,
              LaunchContext& context) {
  typename DecodeSplit<T>::Params p{};
  p.map = o.map;
  p.q = rows_of<const T>(o.q);
  p.kv = o.kv.as<const T>();
  p.page_stride = o.kv.stride[0];
  p.token_stride = o.kv.stride[1];
  p.out = rows_of<T>(o.out);
  p.lse = rows_of<float>(o.lse_out);
  p.partial_out = partial_out.as<float>();
  p.partial_lse = partial_lse.as<float>();
  p.heads = o.heads();
  p.head_groups = rounded_up_quotient(o.heads(), kDecodeHeads);
  p.splits = o.splits;
  p.latent = static_cast<int>(o.latent);
  p.depth = static_cast<int>(o.depth());
  p.scale = o.scale;
  if constexpr (has_variant("async")) {
    if (o.async) {
      return launch<AsyncDecodeSplit<T>>(context, grid(o.rows() * p.head_groups * o.splits),
                                         {kDecodeThreads, 1, 1}, dynamic_shared_bytes(o), p);
    }
  }
  return launch<DecodeSplit<T>>(context, grid(o.rows() * p.head_groups * o.splits),
                                {kDecodeThreads, 1, 1}, dynamic_shared_bytes(o), p);
}

template <class T>
Status combine(const DecodeOperands& o, const Tensor& partial_out, const Tensor& partial_lse,
               LaunchContext& context) {
  typename DecodeCombine<T>::Params p{};
  p.map = o.map;
  p.partial_out = partial_out.as<const float>();
  p.partial_lse = partial_lse.as<const float>();
  p.out = rows_of<T>(o.out);
  p.lse = rows_of<float>(o.lse_out);
  p.heads = o.heads();
  p.splits = o.splits;
  p.latent = static_cast<int>(o.latent);
  return launch<DecodeCombine<T>>(context, grid(o.rows() * o.heads()), {kDecodeThreads, 1, 1}, 0,
                                  p);
}

template <class T>
Status run(const DecodeOperands& o, bool fill, LaunchContext& context) {
  if (fill) {
    const Status filled = zero_fill<T>(o, context);
    if (!filled.ok()) return filled;
  }
  if (o.splits == 1) return attend<T>(o, {}, {}, context);
  const Tensor partial_out =
      context.allocate("partial_out", DType::f32, {o.rows(), o.heads(), o.splits, o.latent});
  const Tensor partial_lse =
      context.allocate("partial_lse", DType::f32, {o.rows(), o.heads(), o.splits});
  if (partial_out.data == nullptr || partial_lse.data == nullptr) {
    return {StatusCode::out_of_memory, "no memory for the partial results"};
  }
  const Status attended = attend<T>(o, partial_out, partial_lse, context);
  const Status combined =
      attended.ok() ? combine<T>(o, partial_out, partial_lse, context) : attended;
  context.release(partial_lse);
  context.release(partial_out);
  return combined;
}

inline Status checked_run(const Call& call, bool fill, LaunchContext& context, bool async = false) {
  DecodeOperands operands;
  const Status checked = check(call, operands);
  if (!checked.ok() || operands.rows() == 0 || operands.heads() == 0) return checked;
  operands.async = async;
  if (shared_bytes(operands) > kSharedBytes) {
    return {StatusCode::unsupported, "two tiles of keys do not fit in shared memory"};
  }
  return with_element(operands.q.dtype, [&](auto* element) {
    return run<std::remove_pointer_t<decltype(element)>>(operands, fill, context);
  });
}

/// The output is zeroed first, padding rows included.
inline Status zero_filled(const Call& call, LaunchContext& context) {
  return checked_run(call, true, context);
}

/// The output is taken as it comes; padding rows are not touched.
inline Status empty(const Call& call, LaunchContext& context) {
  return checked_run(call, false, context);
}

/// `empty` with the pipelined stage 1.
inline Status async(const Call& call, LaunchContext& context) {
  return checked_run(call, false, context, true);
}

}  // namespace mlacheck::MLACHECK_TARGET::mla_decode
