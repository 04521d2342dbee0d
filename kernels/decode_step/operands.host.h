// The operands of decode_step and what a call must satisfy (docs/contracts.md).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string>

#include "harness/device/launch.h"
#include "harness/op/argument_checks.hpp"
#include "harness/op/call.hpp"
#include "kernels/mla_decode/mla_decode.host.h"

namespace mlacheck::MLACHECK_TARGET::decode_step {

struct StepOperands {
  Tensor q_nope;           // [T, H, nope]
  Tensor q_rope;           // [T, H, rope]
  Tensor kv;               // [pages, page, latent + rope]
  Tensor w_uk;             // [H, nope, latent]
  Tensor w_uv;             // [H, latent, V]
  Tensor seq_lens;         // [R]
  Tensor block_table;      // [R, W]
  Tensor decode_lens;      // [R]
  Tensor query_start_loc;  // [R]
  Tensor out;              // [T, H, V]
  std::int64_t decode_tokens = 0;
  std::int64_t min_decode_len = 0;
  std::int64_t max_decode_len = 0;
  std::int64_t lens_exact = 0;
  std::int64_t splits = 1;
  double scale = 1;

  std::int64_t tokens() const { return q_nope.shape[0]; }
  std::int64_t heads() const { return q_nope.shape[1]; }
  std::int64_t nope() const { return q_nope.shape[2]; }
  std::int64_t rope() const { return q_rope.shape[2]; }
  std::int64_t latent() const { return w_uk.shape[2]; }
  std::int64_t depth() const { return latent() + rope(); }
  std::int64_t width() const { return out.shape[2]; }
  std::int64_t requests() const { return seq_lens.shape[0]; }
  std::int64_t columns() const { return block_table.shape[1]; }
};

inline void check_values(ArgumentChecker& check, const StepOperands& o) {
  const std::int64_t tokens = o.out.shape[0];
  const std::int64_t heads = o.out.shape[1];
  check.operand("out", o.out, {-1, -1, -1}, {DType::f32, DType::f16, DType::bf16})
      .unit_stride("out", o.out, 2)
      .no_self_overlap("out", o.out)
      .operand("q_nope", o.q_nope, {tokens, heads, -1}, {o.out.dtype})
      .unit_stride("q_nope", o.q_nope, 2)
      .operand("q_rope", o.q_rope, {tokens, heads, -1}, {o.out.dtype})
      .unit_stride("q_rope", o.q_rope, 2)
      .operand("w_uk", o.w_uk, {heads, o.nope(), -1}, {o.out.dtype})
      .require("w_uk", o.latent() >= 1, o.w_uk, "at least one latent column is needed")
      .operand("w_uv", o.w_uv, {heads, o.latent(), o.width()}, {o.out.dtype});
  if (!check.ok()) return;
  check
      .require("q_rope", o.depth() <= mla_decode::kMostDepth, o.q_rope,
               [&] {
                 return "at most " + std::to_string(mla_decode::kMostDepth) +
                        " columns are supported, those of the latent included";
               })
      .operand("kv", o.kv, {-1, -1, o.depth()}, {o.out.dtype})
      .unit_stride("kv", o.kv, 2)
      .require("kv", o.kv.shape[1] >= 1, o.kv, "a page size of at least 1 is needed");
}

inline void check_batch(ArgumentChecker& check, const StepOperands& o) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  const auto ints = {DType::i32};
  check.operand("seq_lens", o.seq_lens, {-1}, ints)
      .unit_stride("seq_lens", o.seq_lens, 0)
      .require("seq_lens", o.requests() <= kMost, o.seq_lens,
               "at most 2^31-1 requests are supported")
      .operand("block_table", o.block_table, {o.requests(), -1}, ints)
      .unit_stride("block_table", o.block_table, 1)
      .operand("decode_lens", o.decode_lens, {o.requests()}, ints)
      .unit_stride("decode_lens", o.decode_lens, 0)
      .operand("query_start_loc", o.query_start_loc, {o.requests()}, ints)
      .unit_stride("query_start_loc", o.query_start_loc, 0)
      .integer_within("max_decode_len", o.max_decode_len, 0, kMost)
      .integer_within("min_decode_len", o.min_decode_len, 0, o.max_decode_len)
      .integer_within("lens_exact", o.lens_exact, 0, 1)
      .integer_within("splits", o.splits, 1, mla_decode::kMostSplits)
      .real_in_float("scale", o.scale);
  if (!check.ok()) return;  // the products below fit 64 bits only now
  check
      .integer_within("decode_tokens", o.decode_tokens, o.requests() * o.min_decode_len,
                      o.requests() * o.max_decode_len)
      .require("decode_tokens", o.decode_tokens <= o.tokens(), o.decode_tokens, [&] {
        return "at most the " + std::to_string(o.tokens()) + " rows of q_nope are allowed";
      });
}

// What no launch, no 32-bit row number or no block's shared memory holds.
inline void check_limits(ArgumentChecker& check, const StepOperands& o) {
  if (!check.ok()) return;
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  const std::int64_t widest = std::max({o.splits, o.depth(), o.width()});
  check.require("q_nope", o.tokens() < kMost && o.heads() <= kMost && widest <= kMost, o.q_nope,
                "tokens, heads and columns must be below 2^31");
  if (!check.ok()) return;
  // By division: strides of 0 admit extents whose product is no 64-bit number.
  const std::int64_t rows = kMost / widest;
  check.require("q_nope", o.heads() == 0 || o.tokens() <= rows / o.heads(), o.q_nope,
                "tokens * heads * max(splits, latent + rope, V) must be below 2^31");
  const std::array<std::int64_t, 2> table{o.tokens(), o.columns()};
  check.require("block_table", dense_bytes(DType::i32, table).has_value(), o.block_table,
                "a copy of a row for each token must be addressable");
}

inline Status check_arguments(const Call& call, StepOperands& o) {
  o = {.q_nope = call.tensor("q_nope"),
       .q_rope = call.tensor("q_rope"),
       .kv = call.tensor("kv"),
       .w_uk = call.tensor("w_uk"),
       .w_uv = call.tensor("w_uv"),
       .seq_lens = call.tensor("seq_lens"),
       .block_table = call.tensor("block_table"),
       .decode_lens = call.tensor("decode_lens"),
       .query_start_loc = call.tensor("query_start_loc"),
       .out = call.tensor("out"),
       .decode_tokens = call.integer("decode_tokens"),
       .min_decode_len = call.integer("min_decode_len"),
       .max_decode_len = call.integer("max_decode_len"),
       .lens_exact = call.integer("lens_exact"),
       .splits = call.integer("splits"),
       .scale = call.real("scale")};
  ArgumentChecker check;
  check_values(check, o);
  if (check.ok()) check_batch(check, o);
  for (const auto& [name, tensor] : call.tensors()) {
    if (name != "out") check.disjoint("out", o.out, name, tensor);
  }
  check_limits(check, o);
  if (!check.ok()) return check.status();
  mla_decode::DecodeOperands decode;
  decode.q.dtype = o.out.dtype;
  decode.q.shape[2] = o.depth();
  decode.latent = o.latent();
  return check_shared_bytes("q_rope", describe(o.q_rope), mla_decode::shared_bytes(decode),
                            kSharedBytes);
}

}  // namespace mlacheck::MLACHECK_TARGET::decode_step
