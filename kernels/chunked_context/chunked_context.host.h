// The fold of chunked-prefill context attention (docs/contracts.md, "chunked_context"): the states
// of chunks 0 to n-1 are merged one after the other, then the state of the new tokens is merged in,
// into the caller's buffer and without an LSE.
//
//   chunks                              n, at least 1
//   chunk_out_<j>, suffix_out, out      [T, H, V]  f32, f16 or bf16, the same; last stride 1
//   chunk_lse_<j>, suffix_lse           [H, T]     f32, natural log, any strides
//   prefill_tokens_with_context         C in [0, T]: tokens from C on copy the suffix
//
// The running state is rounded to the element type after each merge. No two tensors need the same
// strides: every merge reads the strides of its own operands.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "harness/op/pieces.hpp"
#include "kernels/chunked_context/chunked_context.kernel.h"
#include "kernels/merge_states/merge_states.host.h"

namespace mlacheck::MLACHECK_TARGET::chunked_context {

/// A partial attention state: values and their LSE always travel together.
struct AttentionState {
  Tensor out;
  Tensor lse;
};

struct ContextTensors {
  std::vector<AttentionState> chunks;
  AttentionState suffix;
  Tensor out;
  std::int64_t context_tokens = 0;
};

// `spare_is_chunk`: the first chunk's own tensors are written, so the checks on outputs apply to
// them.
inline Status check_arguments(const Call& call, ContextTensors& t, bool spare_is_chunk) {
  ArgumentChecker check;
  const std::int64_t chunks = call.integer("chunks");
  t.out = call.tensor("out");
  t.suffix = {call.tensor("suffix_out"), call.tensor("suffix_lse")};
  t.context_tokens = call.integer("prefill_tokens_with_context");
  merge_states::check_out(check, t.out);
  check.integer_at_least("chunks", chunks, 1);
  merge_states::check_values(check, "suffix_out", t.suffix.out, t.out);
  merge_states::check_lse(check, "suffix_lse", t.suffix.lse, t.out);
  merge_states::check_context(check, t.context_tokens, t.out);
  check.disjoint("out", t.out, "suffix_out", t.suffix.out);
  check.disjoint("out", t.out, "suffix_lse", t.suffix.lse);
  for (std::int64_t j = 0; check.ok() && j < chunks; ++j) {
    const std::string out_name = "chunk_out_" + std::to_string(j);
    const std::string lse_name = "chunk_lse_" + std::to_string(j);
    const Tensor* out = call.find_tensor(out_name);
    const Tensor* lse = call.find_tensor(lse_name);
    check.require(out_name, out != nullptr, "absent", "every chunk needs its values");
    check.require(lse_name, lse != nullptr, "absent", "every chunk needs its LSE");
    if (!check.ok()) break;
    merge_states::check_values(check, out_name, *out, t.out);
    merge_states::check_lse(check, lse_name, *lse, t.out);
    check.disjoint("out", t.out, out_name, *out).disjoint("out", t.out, lse_name, *lse);
    t.chunks.push_back({*out, *lse});
  }
  if (!check.ok() || !spare_is_chunk) return check.status();
  const AttentionState& first = t.chunks.front();
  check.no_self_overlap("chunk_out_0", first.out).no_self_overlap("chunk_lse_0", first.lse);
  check.disjoint("chunk_out_0", first.out, "chunk_lse_0", first.lse);
  const auto apart = [&](const std::string& out_name, const std::string& lse_name,
                         const AttentionState& state) {
    check.disjoint("chunk_out_0", first.out, out_name, state.out)
        .disjoint("chunk_out_0", first.out, lse_name, state.lse)
        .disjoint("chunk_lse_0", first.lse, out_name, state.out)
        .disjoint("chunk_lse_0", first.lse, lse_name, state.lse);
  };
  apart("suffix_out", "suffix_lse", t.suffix);
  for (std::size_t j = 1; j < t.chunks.size(); ++j) {
    apart("chunk_out_" + std::to_string(j), "chunk_lse_" + std::to_string(j), t.chunks[j]);
  }
  return check.status();
}

inline Status allocate_state(const Tensor& like, LaunchContext& launcher, AttentionState& state) {
  const std::int64_t tokens = like.shape[0];
  const std::int64_t heads = like.shape[1];
  state.out = launcher.allocate("merged_out", like.dtype, {tokens, heads, like.shape[2]});
  state.lse = launcher.allocate("merged_lse", DType::f32, {heads, tokens});
  if (state.out.data != nullptr && state.lse.data != nullptr) return {};
  return {StatusCode::out_of_memory,
          "chunked_context: no memory for a merged state of " + describe(like)};
}

inline void release_state(const AttentionState& state, LaunchContext& launcher) {
  launcher.release(state.out);
  launcher.release(state.lse);
}

// A merge by the piece that takes the place of merge_states, as its contract has it.
inline Status piece_fold(const Piece& piece, const merge_states::MergeTensors& tensors,
                         LaunchContext& launcher) {
  const auto lse = [](Tensor tensor) {
    tensor.role = Role::lse;
    return tensor;
  };
  Call call;
  call.set_tensor("prefix_out", tensors.prefix_out);
  call.set_tensor("prefix_lse", lse(tensors.prefix_lse));
  call.set_tensor("suffix_out", tensors.suffix_out);
  call.set_tensor("suffix_lse", lse(tensors.suffix_lse));
  call.set_tensor("out", tensors.out);
  if (tensors.lse_out.data != nullptr) call.set_tensor("lse_out", lse(tensors.lse_out));
  call.set_integer("prefill_tokens_with_context", tensors.context_tokens);
  return run_piece(piece, call, launcher);
}

inline Status fold(const AttentionState& prefix, const AttentionState& suffix,
                   const AttentionState& merged, std::int64_t context_tokens,
                   LaunchContext& launcher) {
  const merge_states::MergeTensors tensors{.prefix_out = prefix.out,
                                           .prefix_lse = prefix.lse,
                                           .suffix_out = suffix.out,
                                           .suffix_lse = suffix.lse,
                                           .out = merged.out,
                                           .lse_out = merged.lse,
                                           .context_tokens = context_tokens};
  if (const Piece* const piece = piece_of("merge_states"); piece != nullptr) {
    return piece_fold(*piece, tensors, launcher);
  }
  return merge_states::run<ChunkFold>(tensors, merge_states::vectorized_blocks(merged.out),
                                      launcher);
}

// The last merge: context and new tokens, into the caller's buffer.
inline Status finish(const ContextTensors& t, const AttentionState& context,
                     LaunchContext& launcher) {
  return fold(context, t.suffix, {t.out, Tensor{}}, t.context_tokens, launcher);
}

// A new pair of buffers for every merge.
inline Status fold_fresh(const ContextTensors& t, LaunchContext& launcher) {
  const std::int64_t tokens = t.out.shape[0];
  AttentionState running = t.chunks.front();
  for (std::size_t j = 1; j < t.chunks.size(); ++j) {
    AttentionState merged;
    Status allocated = allocate_state(t.out, launcher, merged);
    if (!allocated.ok()) return allocated;
    Status folded = fold(running, t.chunks[j], merged, tokens, launcher);
    if (!folded.ok()) return folded;
    if (j > 1) release_state(running, launcher);
    running = merged;
  }
  Status status = finish(t, running, launcher);
  if (t.chunks.size() > 1) release_state(running, launcher);
  return status;
}

// One spare pair. After a merge, running and spare trade places, so from the second merge on the
// spare alternates between the first chunk's own tensors and the pair allocated here.
inline Status fold_swapped(const ContextTensors& t, LaunchContext& launcher) {
  const std::int64_t tokens = t.out.shape[0];
  AttentionState running = t.chunks.front();
  AttentionState spare;
  AttentionState allocated;
  if (t.chunks.size() > 1) {
    Status status = allocate_state(t.out, launcher, allocated);
    if (!status.ok()) return status;
    spare = allocated;
  }
  for (std::size_t j = 1; j < t.chunks.size(); ++j) {
    Status status = fold(running, t.chunks[j], spare, tokens, launcher);
    if (!status.ok()) return status;
    std::swap(running, spare);
  }
  Status status = finish(t, running, launcher);
  if (t.chunks.size() > 1) release_state(allocated, launcher);
  return status;
}

inline Status run(const Call& call, LaunchContext& launcher, bool spare_is_chunk) {
  ContextTensors tensors;
  Status status = check_arguments(call, tensors, spare_is_chunk);
  if (!status.ok()) return status;
  ArgumentChecker grid;
  merge_states::check_grid(grid, tensors.out, merge_states::vectorized_blocks(tensors.out));
  if (!grid.ok()) return grid.status();
  // The LSE is no result of this op, so without elements there is nothing to do.
  if (tensors.out.elements() == 0) return {};
  return spare_is_chunk ? fold_swapped(tensors, launcher) : fold_fresh(tensors, launcher);
}

inline Status fresh(const Call& call, LaunchContext& launcher) {
  return run(call, launcher, false);
}

/// Overwrites chunk_out_0 and chunk_lse_0 when there are three chunks or more.
inline Status swapped(const Call& call, LaunchContext& launcher) {
  return run(call, launcher, true);
}

}  // namespace mlacheck::MLACHECK_TARGET::chunked_context
