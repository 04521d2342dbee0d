// How a context is dealt out to ranks and cut into chunks, from the definition: token p of a request lies
// on rank (p / interleave) % ranks, and a chunk is a range of the positions that a rank counts.
#pragma once

#include <cstdint>
#include <vector>

#include "reference/prefill_context/parameters.hpp"

namespace mlacheck::prefill_context {

/// A token of a context: its rank, and its place among the tokens of the request on that rank.
struct Place {
  std::int64_t rank;
  std::int64_t position;
};

Place place_of(const Parameters& parameters, std::int64_t token);

/// How many of the first `length` tokens a rank holds.
std::int64_t held_by(const Parameters& parameters, std::int64_t length, std::int64_t rank);

/// Positions of each rank in a chunk, and the number of chunks.
std::int64_t rank_rows(const Parameters& parameters);
std::int64_t chunk_count(const Parameters& parameters);

/// The tokens of a context of `length` that chunk `chunk` has, in its order: rank after rank.
std::vector<Place> tokens_of_chunk(const Parameters& parameters, std::int64_t length,
                                   std::int64_t chunk);

}  // namespace mlacheck::prefill_context
