// The launches of prefill_context, one function a step. docs/layer.md draws how they follow each other.
#pragma once

#include <cstdint>

#include "kernels/chunked_context/chunked_context.host.h"
#include "kernels/prefill_context/operands.host.h"
#include "kernels/strided_bmm/strided_bmm.host.h"

namespace mlacheck::MLACHECK_TARGET::prefill_context {

using chunked_context::AttentionState;

/// The rows of one chunk, or the new tokens, on their way from latents to attention.
struct Rows {
  Tensor latents{};                          // [rows, latent + rope]
  Tensor expanded{};                         // [rows, H, nope + V]
  Tensor keys{};                             // [rows, H, nope + rope]
  const std::int32_t* row_count = nullptr;   ///< how many rows count; null: all
  const std::int32_t* row_starts = nullptr;  ///< [R + 1]
};

template <class T>
class Steps {
 public:
  Steps(const PrefillOperands& operands, LaunchContext& context)
      : o_(operands), context_(context) {}

  Status plan(const Tensor& row_starts) const {
    const PlanChunks::Params p{
        .schedule = schedule(), .row_starts = row_starts.as<std::int32_t>(), .chunks = o_.chunks()};
    return start<PlanChunks>(o_.chunks(), p);
  }

  /// One rank's own rows of a chunk: to where `row_starts` says, or, if it is null, each request's
  /// to a multiple of rank_rows.
  Status gather(std::int64_t rank, std::int64_t chunk, const Tensor& rows,
                const std::int32_t* row_starts) const {
    const std::int64_t pages = o_.kv.shape[0] / o_.ranks;
    typename GatherLatents<T>::Params p{};
    p.schedule = schedule();
    p.kv = o_.kv.as<const T>() + rank * pages * o_.kv.stride[0];
    p.page_stride = o_.kv.stride[0];
    p.token_stride = o_.kv.stride[1];
    p.page_size = o_.kv.shape[1];
    p.block_table = o_.block_table.as<const std::int32_t>();
    p.block_table_stride = o_.block_table.stride[0];
    p.row_starts = row_starts;
    p.rows = rows.as<T>();
    if (row_starts == nullptr) p.rows += rank * o_.requests() * o_.rank_rows() * o_.columns();
    p.rank = rank;
    p.chunk = chunk;
    p.depth = o_.columns();
    return start<GatherLatents<T>>(o_.requests() * o_.rank_rows() * o_.columns(), p);
  }

  Status pack(std::int64_t chunk, const Tensor& gathered, const Rows& rows) const {
    const typename PackRows<T>::Params p{.schedule = schedule(),
                                         .gathered = gathered.as<const T>(),
                                         .row_starts = rows.row_starts,
                                         .rows = rows.latents.as<T>(),
                                         .chunk = chunk,
                                         .depth = o_.columns()};
    return start<PackRows<T>>(o_.chunk_rows() * o_.columns(), p);
  }

  /// Keys and values of the rows.
  Status expand(const Rows& rows) const {
    if (Status status = project(rows); !status.ok()) return status;
    return concat(rows);
  }

  /// The state of all queries with these rows; without an LSE where that has no memory.
  Status attend(const Rows& rows, bool causal, const AttentionState& state) const {
    using Kernel = PrefillAttention<T>;
    const std::int64_t heads = o_.heads();
    typename Kernel::Params p{};
    p.queries.query_start_loc = o_.query_start_loc.as<const std::int32_t>();
    p.queries.requests = o_.requests();
    p.row_starts = rows.row_starts;
    p.causal = causal;
    p.q = {o_.q.as<const T>(), o_.q.stride[0], o_.q.stride[1]};
    p.keys = {rows.keys.as<const T>(), rows.keys.stride[0], rows.keys.stride[1]};
    p.values = {rows.expanded.as<const T>() + o_.nope(), rows.expanded.stride[0],
                rows.expanded.stride[1]};
    p.out = {state.out.as<T>(), state.out.stride[0], state.out.stride[1]};
    p.lse = {state.lse.as<float>(), state.lse.stride[1], state.lse.stride[0]};
    p.heads = heads;
    p.head_groups = rounded_up_quotient(heads, kDecodeHeads);
    p.depth = static_cast<int>(o_.depth());
    p.width = static_cast<int>(o_.width());
    p.scale = o_.scale;
    const auto blocks = static_cast<unsigned>(o_.tokens() * p.head_groups);
    return launch<Kernel>(context_, {blocks}, {kDecodeThreads},
                          sizeof(float) * Kernel::shared_floats(o_.depth(), o_.width()), p);
  }

 private:
  Schedule schedule() const {
    return {.context_lens = o_.context_lens.as<const std::int32_t>(),
            .requests = o_.requests(),
            .ranks = o_.ranks,
            .interleave = o_.interleave,
            .rank_rows = o_.rank_rows()};
  }

  template <class Kernel>
  Status start(std::int64_t threads, const typename Kernel::Params& params) const {
    const auto blocks = static_cast<unsigned>(rounded_up_quotient(threads, kElementThreads));
    return launch<Kernel>(context_, {blocks}, {kElementThreads}, 0, params);
  }

  // Every head multiplies the same latents: x is a view whose heads have stride 0.
  Status project(const Rows& rows) const {
    Tensor x = rows.latents;
    x.rank = 3;
    x.shape = {rows.latents.shape[0], o_.heads(), o_.latent()};
    x.stride = {rows.latents.stride[0], 0, 1};
    const strided_bmm::BmmTensors tensors{x, o_.w, rows.expanded};
    if (rows.row_count == nullptr) return strided_bmm::tiled_product(tensors, context_);
    const typename ProjectRows<T>::Params p{.product = strided_bmm::params_of<T>(tensors),
                                            .row_count = rows.row_count};
    const auto blocks = static_cast<unsigned>(strided_bmm::product_blocks(tensors));
    return launch<ProjectRows<T>>(context_, {blocks}, {strided_bmm::kBmmThreads}, 0, p);
  }

  Status concat(const Rows& rows) const {
    const typename ConcatKeys<T>::Params p{.expanded = rows.expanded.as<const T>(),
                                           .expanded_columns = o_.expanded(),
                                           .rope = rows.latents.as<const T>() + o_.latent(),
                                           .rope_stride = rows.latents.stride[0],
                                           .keys = rows.keys.as<T>(),
                                           .rows = rows.keys.shape[0],
                                           .row_count = rows.row_count,
                                           .heads = o_.heads(),
                                           .nope = o_.nope(),
                                           .depth = o_.depth()};
    // How many rows a chunk has the host does not know.
    if (rows.row_count == nullptr) {
      context_.record_traffic(
          Traffic::copy, static_cast<std::uint64_t>(rows.keys.elements()) * size_of(o_.out.dtype));
    }
    return start<ConcatKeys<T>>(rows.keys.elements(), p);
  }

  const PrefillOperands& o_;
  LaunchContext& context_;
};

}  // namespace mlacheck::MLACHECK_TARGET::prefill_context
