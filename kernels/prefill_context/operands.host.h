// The operands of prefill_context and what a call must satisfy (docs/contracts.md).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>

#include "harness/device/launch.h"
#include "harness/op/argument_checks.hpp"
#include "harness/op/call.hpp"
#include "harness/values/quotient.hpp"
#include "kernels/merge_states/merge_states.host.h"
#include "kernels/prefill_context/prefill_context.kernel.h"

namespace mlacheck::MLACHECK_TARGET::prefill_context {

inline constexpr std::int64_t kMostRanks = 64;
inline constexpr std::int64_t kMostChunks = 1024;
inline constexpr std::int64_t kMostColumns = 1024;  // of a head's query, and of its values

struct PrefillOperands {
  Tensor q;                // [T, H, nope + rope]
  Tensor new_kv;           // [T, latent + rope]
  Tensor kv;               // [ranks * pages, page, latent + rope]
  Tensor w;                // [H, latent, nope + V]
  Tensor query_start_loc;  // [R + 1]
  Tensor block_table;      // [R, W]
  Tensor context_lens;     // [R]
  Tensor out;              // [T, H, V]
  std::int64_t chunk = 1;
  std::int64_t ranks = 1;
  std::int64_t interleave = 1;
  std::int64_t max_context = 0;
  std::int64_t context_tokens = 0;
  float scale = 1;

  std::int64_t tokens() const { return q.shape[0]; }
  std::int64_t heads() const { return q.shape[1]; }
  std::int64_t depth() const { return q.shape[2]; }
  std::int64_t width() const { return out.shape[2]; }
  std::int64_t latent() const { return w.shape[1]; }
  std::int64_t expanded() const { return w.shape[2]; }
  std::int64_t nope() const { return expanded() - width(); }
  std::int64_t columns() const { return new_kv.shape[1]; }
  std::int64_t requests() const { return query_start_loc.shape[0] - 1; }

  /// Most tokens that a rank does hold of a context of max_context: rank 0 has the most.
  std::int64_t most_held() const {
    const std::int64_t round = ranks * interleave;
    return max_context / round * interleave + std::min(max_context % round, interleave);
  }
  /// Local positions of a chunk: `chunk` tokens over all ranks, in whole rounds of the interleave, but no
  /// more than there can be. Rows have threads and memory, whether there is a token for them or not.
  std::int64_t rank_rows() const {
    const std::int64_t rows = rounded_up_quotient(chunk, ranks * interleave) * interleave;
    return std::min(rows, most_held());
  }
  std::int64_t chunks() const {
    return max_context == 0 ? 0 : rounded_up_quotient(most_held(), rank_rows());
  }
  /// Most rows of a chunk.
  std::int64_t chunk_rows() const { return requests() * ranks * rank_rows(); }
};

/// Whether so many elements have a thread each in one launch.
inline bool fits_launch(std::initializer_list<std::int64_t> extents) {
  const auto elements = dense_bytes(DType::u8, {extents.begin(), extents.size()});
  return elements.has_value() &&
         rounded_up_quotient(*elements, kElementThreads) <= static_cast<std::int64_t>(kMaxGridX);
}

inline void check_sizes(ArgumentChecker& check, const PrefillOperands& o) {
  const auto ints = {DType::i32};
  check.operand("w", o.w, {o.heads(), -1, -1}, {o.out.dtype})
      .require("w", o.latent() >= 1, o.w, "at least one latent column is needed")
      .require("w", o.expanded() >= o.width() && o.nope() <= o.depth(), o.w,
               [&] {
                 return "from " + std::to_string(o.width()) + " to " +
                        std::to_string(o.width() + o.depth()) +
                        " columns are needed: those of the values and at most those of q";
               })
      .operand("new_kv", o.new_kv, {o.tokens(), o.latent() + o.depth() - o.nope()}, {o.out.dtype})
      .unit_stride("new_kv", o.new_kv, 1)
      .operand("kv", o.kv, {-1, -1, o.columns()}, {o.out.dtype})
      .unit_stride("kv", o.kv, 2)
      .require("kv", o.kv.shape[1] >= 1, o.kv, "a page size of at least 1 is needed")
      .operand("query_start_loc", o.query_start_loc, {-1}, ints)
      .require("query_start_loc", o.query_start_loc.shape[0] >= 1, o.query_start_loc,
               "R + 1 entries are needed")
      .unit_stride("query_start_loc", o.query_start_loc, 0)
      .operand("block_table", o.block_table, {o.requests(), -1}, ints)
      .unit_stride("block_table", o.block_table, 1)
      .operand("context_lens", o.context_lens, {o.requests()}, ints)
      .unit_stride("context_lens", o.context_lens, 0);
}

inline void check_schedule(ArgumentChecker& check, const PrefillOperands& o) {
  constexpr std::int64_t kMostPositions = std::numeric_limits<std::int32_t>::max();
  check.integer_within("chunk", o.chunk, 1, kMostPositions)
      .integer_within("ranks", o.ranks, 1, kMostRanks)
      .integer_within("interleave", o.interleave, 1, kMostPositions)
      .integer_within("max_context", o.max_context, 0, kMostPositions);
  if (!check.ok()) return;
  merge_states::check_context(check, o.context_tokens, o.out);
  check.require("kv", o.kv.shape[0] % o.ranks == 0, o.kv, [&] {
    return "a multiple of " + std::to_string(o.ranks) + " pages is needed, as many for each rank";
  });
  check.require("chunk", o.chunks() <= kMostChunks, o.chunk, [&] {
    return "at most " + std::to_string(kMostChunks) + " chunks are allowed, here " +
           std::to_string(o.chunks());
  });
  if (!check.ok()) return;
  const std::int64_t pages = rounded_up_quotient(o.most_held(), o.kv.shape[1]);
  check.require("block_table", o.requests() == 0 || o.block_table.shape[1] >= pages, o.block_table,
                [&] {
                  return std::to_string(pages) + " columns are needed for a context of " +
                         std::to_string(o.max_context);
                });
}

// What one launch or a 32-bit row number cannot hold.
inline void check_limits(ArgumentChecker& check, const PrefillOperands& o) {
  if (!check.ok()) return;
  const auto few = [&](std::int64_t rows) {
    return fits_launch({rows, o.heads(), o.depth()}) && fits_launch({rows, o.heads(), o.width()}) &&
           fits_launch({rows, o.columns()}) && fits_launch({rows, o.heads(), kElementThreads}) &&
           fits_launch({rows, o.heads(), o.expanded()});
  };
  check.require("q", few(o.tokens()), o.q, "too many elements for one launch");
  merge_states::check_grid(check, o.out, merge_states::vectorized_blocks(o.out));
  if (!check.ok() || o.chunks() == 0) return;
  const std::array<std::int64_t, 3> extents{o.requests(), o.ranks, o.rank_rows()};
  const auto rows = dense_bytes(DType::u8, extents);
  check.require("chunk",
                rows.has_value() && *rows <= std::numeric_limits<std::int32_t>::max() && few(*rows),
                o.chunk, [&] {
                  return "a chunk of " + std::to_string(o.requests()) + " requests with " +
                         std::to_string(o.heads()) + " heads is too large for one launch";
                });
}

inline Status check_arguments(const Call& call, PrefillOperands& o) {
  o = {.q = call.tensor("q"),
       .new_kv = call.tensor("new_kv"),
       .kv = call.tensor("kv"),
       .w = call.tensor("w"),
       .query_start_loc = call.tensor("query_start_loc"),
       .block_table = call.tensor("block_table"),
       .context_lens = call.tensor("context_lens"),
       .out = call.tensor("out"),
       .chunk = call.integer("chunk"),
       .ranks = call.integer("ranks"),
       .interleave = call.integer("interleave"),
       .max_context = call.integer("max_context"),
       .context_tokens = call.integer("prefill_tokens_with_context"),
       .scale = static_cast<float>(call.real("scale"))};
  ArgumentChecker check;
  merge_states::check_out(check, o.out);
  check.require("out", o.width() <= kMostColumns, o.out, "at most 1024 columns are supported")
      .operand("q", o.q, {o.out.shape[0], o.out.shape[1], -1}, {o.out.dtype})
      .unit_stride("q", o.q, 2)
      .require("q", o.depth() >= 1 && o.depth() <= kMostColumns, o.q,
               "from 1 to 1024 columns are supported")
      .real_in_float("scale", call.real("scale"));
  if (check.ok()) check_sizes(check, o);
  if (check.ok()) check_schedule(check, o);
  for (const auto& [name, tensor] : call.tensors()) {
    if (name != "out") check.disjoint("out", o.out, name, tensor);
  }
  check_limits(check, o);
  return check.status();
}

}  // namespace mlacheck::MLACHECK_TARGET::prefill_context
