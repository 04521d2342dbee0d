// The only source of randomness: a counter-based generator (Philox4x32-10, Salmon et al., SC 2011,
// from Random123), so that every draw is a pure function of (seed, stream, counter).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "harness/op/subject.hpp"

namespace mlacheck {

/// 64 random bits for element `index` of stream `stream` under `seed`.
std::uint64_t random_bits(std::uint64_t seed, std::uint64_t stream, std::uint64_t index);

/// A stream number for a name (FNV-1a), so that each operand has a stream of its own.
constexpr std::uint64_t stream_of(std::string_view name) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : name) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  }
  return hash;
}

/// Draws the fields of a case.
class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t stream) : seed_(seed), stream_(stream) {}

  std::uint64_t bits() { return random_bits(seed_, stream_, counter_++); }

  /// Uniform in [low, high].
  std::int64_t between(std::int64_t low, std::int64_t high);

  /// True with probability `percent` / 100.
  bool chance(int percent) { return between(1, 100) <= percent; }

  /// Log-uniform in [low, high], low >= 1: as many draws below 10 as between 10 and 100.
  std::int64_t log_uniform(std::int64_t low, std::int64_t high);

  template <class T>
  const T& pick(const std::vector<T>& options) {
    return options[static_cast<std::size_t>(
        between(0, static_cast<std::int64_t>(options.size()) - 1))];
  }

 private:
  std::uint64_t seed_;
  std::uint64_t stream_;
  std::uint64_t counter_ = 0;
};

/// One extent in [0, limit], half of the time from the classes where kernels change path (0, 1, 2,
/// 3, warp width +-1, each of the kernels' own tiles for `axis` t: t-1, t, t+1, 2t-1, 2t+1), else
/// log-uniform. With `allow_zero` false, at least 1.
std::int64_t draw_extent(Random& random, const std::vector<Tile>& tiles, std::string_view axis,
                         std::int64_t limit, bool allow_zero);

/// Extra elements between rows: 0 half of the time, else 1, 7, 8, 64 or a small prime.
std::int64_t draw_gap(Random& random);

/// Elements in front of the first one: 0 half of the time, else 1..16, so that 16-byte vectors of
/// any element type are misaligned.
std::int64_t draw_offset(Random& random);

}  // namespace mlacheck
