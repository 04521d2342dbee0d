// The order in which threads and blocks get to run.
#pragma once

#include <cstdint>
#include <utility>

#include "harness/backends/cpu/executor.hpp"

namespace mlacheck::cpu {

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  /// In [0, bound). The bias of at most bound / 2^64 does not matter for a schedule.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

 private:
  std::uint64_t state_;
};

/// Items is a vector or a span.
template <class Items>
void shuffle(Items& items, Random& random) {
  for (std::size_t n = items.size(); n > 1; --n) {
    std::swap(items[n - 1], items[random.below(n)]);
  }
}

}  // namespace mlacheck::cpu
