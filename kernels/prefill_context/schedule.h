// Which cached tokens belong to which chunk, request and rank (docs/layer.md, "The schedule").
#pragma once

#include <cstdint>

#include "harness/device/dialect.h"

namespace mlacheck::MLACHECK_TARGET::prefill_context {

/// Token p of a request lies on rank (p / interleave) % ranks. A rank counts its own tokens from 0:
/// these are its local positions. Chunk j takes the local positions from j * rank_rows on,
/// `rank_rows` of them on each rank.
struct Schedule {
  const std::int32_t* context_lens;  // [requests], tokens of the context on all ranks together
  std::int64_t requests;
  std::int64_t ranks;
  std::int64_t interleave;
  std::int64_t rank_rows;

  /// Tokens of the request's context that the rank holds.
  MLACHECK_DEVICE std::int64_t local_length(std::int64_t request, std::int64_t rank) const {
    const std::int64_t length = context_lens[request];
    const std::int64_t round = ranks * interleave;
    const std::int64_t rest = length % round - rank * interleave;
    const std::int64_t last = rest < 0 ? 0 : rest < interleave ? rest : interleave;
    return length / round * interleave + last;
  }

  /// Those of them that are in the chunk; 0 once the request is exhausted.
  MLACHECK_DEVICE std::int64_t rows(std::int64_t request, std::int64_t rank,
                                    std::int64_t chunk) const {
    const std::int64_t left = local_length(request, rank) - chunk * rank_rows;
    return left < 0 ? 0 : left < rank_rows ? left : rank_rows;
  }

  /// Of ranks 0 to `ranks_before` - 1 together.
  MLACHECK_DEVICE std::int64_t rows_of_ranks(std::int64_t request, std::int64_t ranks_before,
                                             std::int64_t chunk) const {
    std::int64_t sum = 0;
    for (std::int64_t rank = 0; rank < ranks_before; ++rank) sum += rows(request, rank, chunk);
    return sum;
  }
};

}  // namespace mlacheck::MLACHECK_TARGET::prefill_context
