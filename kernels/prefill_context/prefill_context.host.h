// Host routines of prefill_context (docs/contracts.md; docs/layer.md draws the steps and who owns which
// buffer): attention of new tokens among themselves and to their cached context, chunk after chunk.
//
//   q                [T, H, nope + rope]                 f32, f16 or bf16; last stride 1
//   new_kv           [T, latent + rope]                  as q; last stride 1
//   kv               [ranks * pages, page, latent + rope] as q; last stride 1
//   w                [H, latent, nope + V]               as q; any strides
//   query_start_loc  [R + 1], context_lens [R], block_table [R, W]   i32
//   out              [T, H, V]                           as q; last stride 1
//   chunk, ranks, interleave, max_context, prefill_tokens_with_context (integers), scale (real)
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include "kernels/common/with_element.h"
#include "kernels/prefill_context/steps.host.h"

namespace mlacheck::MLACHECK_TARGET::prefill_context {

template <class T>
class Prefill {
 public:
  Prefill(const PrefillOperands& operands, LaunchContext& context, bool swaps)
      : o_(operands), context_(context), steps_(operands, context), swaps_(swaps) {}

  Status run() {
    AttentionState suffix{o_.out, {}};
    // Without context the new tokens' own attention is the result, and nobody needs its LSE.
    if (o_.chunks() > 0) suffix = allocate_state();
    attend_new_tokens(suffix);
    if (o_.chunks() == 0) return status_;
    const AttentionState context = fold_chunks();
    if (!status_.ok()) return status_;
    then([&] {
      return chunked_context::fold(context, suffix, {o_.out, Tensor{}}, o_.context_tokens,
                                   context_);
    });
    chunked_context::release_state(context, context_);
    chunked_context::release_state(suffix, context_);
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
      become({StatusCode::out_of_memory, std::string("prefill_context: no memory for ") + name});
    }
    return tensor;
  }

  // Attention kernels pad the values of a head to the columns of its keys; the caller takes a view.
  AttentionState allocate_state() {
    AttentionState state;
    const std::int64_t padded = std::max(o_.width(), o_.depth());
    state.out = allocate("attention_out", o_.out.dtype, {o_.tokens(), o_.heads(), padded});
    state.lse = allocate("attention_lse", DType::f32, {o_.heads(), o_.tokens()});
    state.out.shape[2] = o_.width();
    return state;
  }

  void allocate_rows(Rows& rows, std::int64_t count) {
    rows.expanded = allocate("expanded", o_.out.dtype, {count, o_.heads(), o_.expanded()});
    rows.keys = allocate("keys", o_.out.dtype, {count, o_.heads(), o_.depth()});
  }

  template <class Step>
  void then(const Step& step) {
    if (status_.ok()) become(step());
  }

  void attend_new_tokens(const AttentionState& state) {
    Rows rows{.latents = o_.new_kv, .row_starts = o_.query_start_loc.as<const std::int32_t>()};
    allocate_rows(rows, o_.tokens());
    then([&] { return steps_.expand(rows); });
    then([&] { return steps_.attend(rows, true, state); });
    if (!status_.ok()) return;
    context_.release(rows.expanded);
    context_.release(rows.keys);
  }

  // Rows of a chunk from all ranks. Several ranks gather each for itself, exchange what they have,
  // and leave out what is padding.
  Status gather(std::int64_t chunk, const Tensor& gathered, const Rows& rows) {
    if (o_.ranks == 1) return steps_.gather(0, chunk, rows.latents, rows.row_starts);
    for (std::int64_t rank = 0; rank < o_.ranks; ++rank) {
      const Status status = steps_.gather(rank, chunk, gathered, nullptr);
      if (!status.ok()) return status;
    }
    return steps_.pack(chunk, gathered, rows);
  }

  AttentionState attend_chunk(std::int64_t chunk, const Tensor& gathered, const Rows& rows) {
    const AttentionState state = allocate_state();
    then([&] { return gather(chunk, gathered, rows); });
    then([&] { return steps_.expand(rows); });
    then([&] { return steps_.attend(rows, false, state); });
    return state;
  }

  // The state of the whole context, which the caller releases.
  AttentionState fold_chunks() {
    const std::int64_t count = o_.chunk_rows();
    const Tensor row_starts = allocate("row_starts", DType::i32, {o_.chunks(), o_.requests() + 1});
    Rows rows{.latents = allocate("latents", o_.out.dtype, {count, o_.columns()})};
    Tensor gathered;
    if (o_.ranks > 1) gathered = allocate("gathered", o_.out.dtype, {count, o_.columns()});
    allocate_rows(rows, count);
    then([&] { return steps_.plan(row_starts); });
    AttentionState running;
    AttentionState spare;
    for (std::int64_t chunk = 0; status_.ok() && chunk < o_.chunks(); ++chunk) {
      rows.row_starts = row_starts.as<const std::int32_t>() + chunk * (o_.requests() + 1);
      rows.row_count = rows.row_starts + o_.requests();
      const AttentionState next = attend_chunk(chunk, gathered, rows);
      if (chunk == 0) {
        running = next;
        continue;
      }
      merge(running, next, spare);
      chunked_context::release_state(next, context_);
    }
    if (!status_.ok()) return running;
    if (spare.out.data != nullptr) chunked_context::release_state(spare, context_);
    for (const Tensor& scratch : {row_starts, rows.latents, rows.expanded, rows.keys}) {
      context_.release(scratch);
    }
    if (o_.ranks > 1) context_.release(gathered);
    return running;
  }

  // fresh: a new pair for each merge. swapped: one spare pair, allocated at the first merge, with which
  // the running state then trades places; so the first chunk's own state serves as well.
  void merge(AttentionState& running, const AttentionState& next, AttentionState& spare) {
    if (!swaps_ || spare.out.data == nullptr) {
      then([&] { return chunked_context::allocate_state(o_.out, context_, spare); });
    }
    then([&] { return chunked_context::fold(running, next, spare, o_.tokens(), context_); });
    if (!status_.ok()) return;
    std::swap(running, spare);
    if (swaps_) return;
    chunked_context::release_state(spare, context_);
    spare = {};
  }

  const PrefillOperands& o_;
  LaunchContext& context_;
  Steps<T> steps_;
  bool swaps_;
  Status status_;
};

inline Status checked_run(const Call& call, LaunchContext& context, bool swaps) {
  PrefillOperands operands;
  Status status = check_arguments(call, operands);
  if (!status.ok() || operands.out.elements() == 0) return status;
  return with_element(operands.out.dtype, [&](auto* element) {
    return Prefill<std::remove_pointer_t<decltype(element)>>(operands, context, swaps).run();
  });
}

/// A new pair of buffers for every merge.
inline Status fresh(const Call& call, LaunchContext& context) {
  return checked_run(call, context, false);
}

/// One spare pair, which trades places with the running state.
inline Status swapped(const Call& call, LaunchContext& context) {
  return checked_run(call, context, true);
}

}  // namespace mlacheck::MLACHECK_TARGET::prefill_context
