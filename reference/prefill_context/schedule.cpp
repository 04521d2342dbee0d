#include "reference/prefill_context/schedule.hpp"

#include <algorithm>

#include "harness/values/quotient.hpp"

namespace mlacheck::prefill_context {

Place place_of(const Parameters& p, std::int64_t token) {
  const std::int64_t run = token / p.interleave;
  return {run % p.ranks, run / p.ranks * p.interleave + token % p.interleave};
}

// Of the runs of `interleave` tokens every ranks-th one is the rank's own; the last may be cut short.
std::int64_t held_by(const Parameters& p, std::int64_t length, std::int64_t rank) {
  const std::int64_t whole = length / p.interleave;
  const std::int64_t own = (whole + p.ranks - 1 - rank) / p.ranks;
  return own * p.interleave + (whole % p.ranks == rank ? length % p.interleave : 0);
}

std::int64_t rank_rows(const Parameters& p) {
  return rounded_up_quotient(p.chunk, p.ranks * p.interleave) * p.interleave;
}

std::int64_t chunk_count(const Parameters& p) {
  return rounded_up_quotient(
      rounded_up_quotient(p.max_context, p.ranks * p.interleave) * p.interleave, rank_rows(p));
}

std::vector<Place> tokens_of_chunk(const Parameters& p, std::int64_t length, std::int64_t chunk) {
  std::vector<Place> places;
  const std::int64_t first = chunk * rank_rows(p);
  for (std::int64_t rank = 0; rank < p.ranks; ++rank) {
    const std::int64_t end = std::min(held_by(p, length, rank), first + rank_rows(p));
    for (std::int64_t position = first; position < end; ++position) {
      places.push_back({rank, position});
    }
  }
  return places;
}

}  // namespace mlacheck::prefill_context
