// From the paged caches of the ranks to the rows of one chunk, request after request and, within a
// request, rank after rank.
#pragma once

#include <cstdint>

#include "harness/device/dialect.h"
#include "kernels/prefill_context/schedule.h"

namespace mlacheck::MLACHECK_TARGET::prefill_context {

inline constexpr int kElementThreads = 128;  // of kernels with a thread for each element

MLACHECK_DEVICE inline std::int64_t element_of_thread() {
  return std::int64_t{blockIdx.x} * kElementThreads + threadIdx.x;
}

/// First row of each request in each chunk, and the number of rows behind the last: one thread a
/// chunk.
struct PlanChunks {
  static constexpr const char* kName = "plan_chunks";

  struct Params {
    Schedule schedule;
    std::int32_t* row_starts;  // [chunks, requests + 1]
    std::int64_t chunks;
  };

  static MLACHECK_DEVICE void kernel(const Params& p) {
    const std::int64_t chunk = element_of_thread();
    if (chunk >= p.chunks) return;
    std::int32_t* const starts = p.row_starts + chunk * (p.schedule.requests + 1);
    std::int64_t row = 0;
    for (std::int64_t r = 0; r < p.schedule.requests; ++r) {
      starts[r] = static_cast<std::int32_t>(row);
      row += p.schedule.rows_of_ranks(r, p.schedule.ranks, chunk);
    }
    starts[p.schedule.requests] = static_cast<std::int32_t>(row);
  }
};

/// The latent rows of one rank. With `row_starts` each request begins at its row of the chunk, else
/// at a multiple of rank_rows, and what it does not fill stays as it is.
template <class T>
struct GatherLatents {
  static constexpr const char* kName = "gather_latents";

  struct Params {
    Schedule schedule;
    const T* kv;  // page 0 of the rank
    std::int64_t page_stride;
    std::int64_t token_stride;
    std::int64_t page_size;
    const std::int32_t* block_table;
    std::int64_t block_table_stride;
    const std::int32_t* row_starts;  // of the chunk; may be null
    T* rows;                         // [any, depth]
    std::int64_t rank;
    std::int64_t chunk;
    std::int64_t depth;  // latent + rope
  };

  static MLACHECK_DEVICE void kernel(const Params& p) {
    const std::int64_t index = element_of_thread();
    const std::int64_t column = index % p.depth;
    const std::int64_t i = index / p.depth % p.schedule.rank_rows;
    const std::int64_t request = index / p.depth / p.schedule.rank_rows;
    // The block table has no entry for what is past the end: it is not looked at.
    if (request >= p.schedule.requests || i >= p.schedule.rows(request, p.rank, p.chunk)) return;
    const std::int64_t position = p.chunk * p.schedule.rank_rows + i;
    const std::int64_t page =
        p.block_table[request * p.block_table_stride + position / p.page_size];
    const std::int64_t first =
        p.row_starts != nullptr ? p.row_starts[request] : request * p.schedule.rank_rows;
    p.rows[(first + i) * p.depth + column] =
        p.kv[page * p.page_stride + position % p.page_size * p.token_stride + column];
  }
};

/// What the ranks gathered, each for itself, without the rows that are nobody's.
template <class T>
struct PackRows {
  static constexpr const char* kName = "pack_rows";

  struct Params {
    Schedule schedule;
    const T* gathered;               // [ranks, requests, rank_rows, depth]
    const std::int32_t* row_starts;  // of the chunk
    T* rows;
    std::int64_t chunk;
    std::int64_t depth;
  };

  static MLACHECK_DEVICE void kernel(const Params& p) {
    const std::int64_t index = element_of_thread();
    const std::int64_t column = index % p.depth;
    const std::int64_t i = index / p.depth % p.schedule.rank_rows;
    const std::int64_t request = index / p.depth / p.schedule.rank_rows % p.schedule.requests;
    const std::int64_t rank = index / p.depth / p.schedule.rank_rows / p.schedule.requests;
    if (rank >= p.schedule.ranks || i >= p.schedule.rows(request, rank, p.chunk)) return;
    const std::int64_t row =
        p.row_starts[request] + p.schedule.rows_of_ranks(request, rank, p.chunk) + i;
    p.rows[row * p.depth + column] = p.gathered[index];
  }
};

}  // namespace mlacheck::MLACHECK_TARGET::prefill_context
