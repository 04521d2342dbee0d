#include "harness/op/random.hpp"

#include <Random123/philox.h>

#include <algorithm>
#include <cmath>

namespace mlacheck {

std::uint64_t random_bits(std::uint64_t seed, std::uint64_t stream, std::uint64_t index) {
  const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); };
  using Philox = r123::Philox4x32;
  const Philox::ctr_type counter{{low(index), high(index), low(stream), high(stream)}};
  const Philox::key_type key{{low(seed), high(seed)}};
  const Philox::ctr_type block = Philox()(counter, key);
  return (std::uint64_t{block[1]} << 32) | block[0];
}

std::int64_t Random::between(std::int64_t low, std::int64_t high) {
  const auto width = static_cast<std::uint64_t>(high - low) + 1;
  return low + static_cast<std::int64_t>(bits() % width);
}

std::int64_t Random::log_uniform(std::int64_t low, std::int64_t high) {
  const double unit = static_cast<double>(bits() >> 11) * 0x1.0p-53;
  const double from = std::log(static_cast<double>(low));
  const double to = std::log(static_cast<double>(high) + 1.0);
  const auto value = static_cast<std::int64_t>(std::exp(from + unit * (to - from)));
  return std::clamp(value, low, high);
}

std::int64_t draw_extent(Random& random, const std::vector<Tile>& tiles, std::string_view axis,
                         std::int64_t limit, bool allow_zero) {
  const std::int64_t least = allow_zero ? 0 : 1;
  if (random.chance(50)) {
    std::vector<std::int64_t> classes{0, 1, 1, 2, 3, 31, 32, 33};
    for (const Tile& tile : tiles) {
      if (tile.axis != axis) continue;
      const std::int64_t t = tile.extent;
      for (const std::int64_t value : {t - 1, t, t + 1, 2 * t - 1, 2 * t + 1}) {
        classes.push_back(value);
      }
    }
    std::erase_if(classes, [&](std::int64_t v) { return v < least || v > limit; });
    if (!classes.empty()) return random.pick(classes);
  }
  return random.log_uniform(1, std::max<std::int64_t>(limit, 1));
}

std::int64_t draw_gap(Random& random) {
  if (random.chance(50)) return 0;
  static const std::vector<std::int64_t> kGaps{1, 3, 7, 8, 13, 64};
  return random.pick(kGaps);
}

std::int64_t draw_offset(Random& random) { return random.chance(50) ? 0 : random.between(1, 16); }

}  // namespace mlacheck
