// Host routines of decode_step (docs/contracts.md; docs/layer.md draws the steps and who owns which
// buffer): from queries to attention output over a paged latent cache, in absorbed form.
//
//   q_nope  [T, H, nope], q_rope [T, H, rope]   f32, f16 or bf16; last stride 1
//   kv      [pages, page, latent + rope]        as q_nope; last stride 1
//   w_uk    [H, nope, latent], w_uv [H, latent, V]   as q_nope; any strides
//   seq_lens, decode_lens, query_start_loc [R], block_table [R, W]   i32
//   out     [T, H, V]                           as q_nope; last stride 1
//   decode_tokens, min_decode_len, max_decode_len, lens_exact, splits (integers), scale (real)
//
// Each step is a call of the op that does it, so that its contract is the one of that op, and a piece
// (harness/op/pieces.hpp) can take its place.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>

#include "harness/op/pieces.hpp"
#include "kernels/common/strided_copy.host.h"
#include "kernels/decode_expansion/decode_expansion.host.h"
#include "kernels/decode_step/decode_step.kernel.h"
#include "kernels/decode_step/operands.host.h"
#include "kernels/mla_decode/mla_decode.host.h"
#include "kernels/strided_bmm/strided_bmm.host.h"

namespace mlacheck::MLACHECK_TARGET::decode_step {

/// Which form of each step a variant takes.
struct Forms {
  bool strided_products = false;   ///< products straight into their place
  bool uniform_expansion = false;  ///< where the decode lengths allow it
  bool empty_output = false;       ///< attention does not fill its output first
};

/// The rows of the step as requests of one token each.
struct ExpandedBatch {
  Tensor seq_lens;         // [T]
  Tensor block_table;      // [T, max(W, 1)]
  Tensor decode_lens;      // [T]
  Tensor query_start_loc;  // [T + 1]
};

class Step {
 public:
  Step(const StepOperands& operands, LaunchContext& context, const Forms& forms)
      : o_(operands), context_(context), forms_(forms) {}

  Status run() {
    const Tensor query = absorb();
    const ExpandedBatch batch = expand();
    const Tensor latent_out = attend(query, batch);
    if (!status_.ok()) return status_;
    for (const Tensor& scratch :
         {query, batch.seq_lens, batch.block_table, batch.decode_lens, batch.query_start_loc}) {
      context_.release(scratch);
    }
    multiply(latent_out, o_.w_uv, o_.out);
    if (status_.ok()) context_.release(latent_out);
    return status_;
  }

 private:
  // To nvcc the value of an assignment to a [[nodiscard]] class is one that must not be ignored.
  void become(Status status) { static_cast<void>(status_ = std::move(status)); }

  // Null, and the status says so, where there is no memory.
  Tensor allocate(const char* name, DType dtype, std::initializer_list<std::int64_t> shape) {
    if (!status_.ok()) return {};
    Tensor tensor = context_.allocate(name, dtype, shape);
    if (tensor.data == nullptr) {
      become({StatusCode::out_of_memory, std::string("decode_step: no memory for ") + name});
    }
    return tensor;
  }

  template <class Routine>
  void then(const Routine& routine) {
    if (status_.ok()) become(routine());
  }

  // Columns [first, first + count) of the last axis.
  static Tensor columns_of(Tensor tensor, std::int64_t first, std::int64_t count) {
    tensor.data = static_cast<std::byte*>(tensor.data) +
                  first * static_cast<std::int64_t>(size_of(tensor.dtype));
    tensor.shape[2] = count;
    return tensor;
  }

  void multiply(const Tensor& x, const Tensor& w, const Tensor& out) {
    Call call;
    call.set_tensor("x", x);
    call.set_tensor("w", w);
    call.set_tensor("out", out);
    then([&] {
      return run_step("strided_bmm",
                      forms_.strided_products ? &strided_bmm::strided : &strided_bmm::copy, call,
                      context_);
    });
  }

  // Queries against latent keys: q_nope w_uk, then the rope columns.
  Tensor absorb() {
    const Tensor query = allocate("query", o_.out.dtype, {o_.tokens(), o_.heads(), o_.depth()});
    if (!status_.ok()) return query;
    multiply(o_.q_nope, o_.w_uk, columns_of(query, 0, o_.latent()));
    if (o_.rope() == 0) return query;
    const Tensor rope = columns_of(query, o_.latent(), o_.rope());
    then([&] { return strided_copy(o_.q_rope, rope, context_); });
    return query;
  }

  ExpandedBatch expand() {
    const std::int64_t rows = o_.tokens();
    ExpandedBatch batch;
    batch.seq_lens = allocate("expanded_seq_lens", DType::i32, {rows});
    batch.block_table = allocate("expanded_block_table", DType::i32,
                                 {rows, std::max<std::int64_t>(o_.columns(), 1)});
    batch.decode_lens = allocate("expanded_decode_lens", DType::i32, {rows});
    batch.query_start_loc = allocate("expanded_query_start_loc", DType::i32, {rows + 1});
    Call call;
    call.set_tensor("seq_lens", o_.seq_lens);
    call.set_tensor("block_table", o_.block_table);
    call.set_tensor("decode_lens", o_.decode_lens);
    call.set_tensor("query_start_loc", o_.query_start_loc);
    call.set_tensor("expanded_seq_lens", batch.seq_lens);
    call.set_tensor("expanded_block_table", batch.block_table);
    call.set_tensor("expanded_decode_lens", batch.decode_lens);
    call.set_integer("tokens", rows);
    call.set_integer("decode_tokens", o_.decode_tokens);
    call.set_integer("min_decode_len", o_.min_decode_len);
    call.set_integer("max_decode_len", o_.max_decode_len);
    call.set_integer("lens_exact", o_.lens_exact);
    const bool alike = o_.lens_exact == 1 && o_.min_decode_len == o_.max_decode_len;
    then([&] {
      const bool uniform = forms_.uniform_expansion && alike;
      return run_step("decode_expansion",
                      uniform ? &decode_expansion::uniform : &decode_expansion::generic, call,
                      context_);
    });
    then([&] { return count_rows(batch.query_start_loc); });
    return batch;
  }

  Status count_rows(const Tensor& starts) {
    const CountRows::Params p{starts.as<std::int32_t>(), starts.shape[0]};
    const auto blocks = static_cast<unsigned>(rounded_up_quotient(p.entries, CountRows::kThreads));
    return launch<CountRows>(context_, {blocks}, {CountRows::kThreads}, 0, p);
  }

  // Every row has a length of its own, so there is nothing left to mask.
  Tensor attend(const Tensor& query, const ExpandedBatch& batch) {
    const Tensor out = allocate("latent_out", o_.out.dtype, {o_.tokens(), o_.heads(), o_.latent()});
    Tensor lse = allocate("lse", DType::f32, {o_.tokens(), o_.heads()});
    lse.role = Role::lse;
    Call call;
    call.set_tensor("q", query);
    call.set_tensor("kv", o_.kv);
    call.set_tensor("query_start_loc", batch.query_start_loc);
    call.set_tensor("block_table", batch.block_table);
    call.set_tensor("seq_lens", batch.seq_lens);
    call.set_tensor("out", out);
    call.set_tensor("lse_out", lse);
    call.set_integer("latent", o_.latent());
    call.set_integer("splits", o_.splits);
    call.set_integer("causal", 0);
    call.set_real("scale", o_.scale);
    then([&] {
      return run_step("mla_decode",
                      forms_.empty_output ? &mla_decode::empty : &mla_decode::zero_filled, call,
                      context_);
    });
    if (status_.ok()) context_.release(lse);
    return out;
  }

  const StepOperands& o_;
  LaunchContext& context_;
  Forms forms_;
  Status status_;
};

inline Status checked_run(const Call& call, LaunchContext& context, const Forms& forms) {
  StepOperands operands;
  Status status = check_arguments(call, operands);
  if (!status.ok() || operands.out.elements() == 0) return status;
  return Step(operands, context, forms).run();
}

/// Every step as it was before it was optimised.
inline Status plain(const Call& call, LaunchContext& context) {
  return checked_run(call, context, {});
}

/// Products straight into their place, uniform expansion where the decode lengths allow it, and
/// attention into memory as it comes.
inline Status optimised(const Call& call, LaunchContext& context) {
  return checked_run(call, context,
                     {.strided_products = true, .uniform_expansion = true, .empty_output = true});
}

}  // namespace mlacheck::MLACHECK_TARGET::decode_step
