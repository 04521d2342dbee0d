#include <algorithm>

#include "properties/mla_decode/fields.hpp"

namespace mlacheck::mla_decode {
namespace {

// The classes of a ragged batch: nothing, next to the number of query tokens, to a page, to tiles
// times splits, powers of two (exact means), and a long one now and then.
std::int64_t draw_length(Random& random, const std::vector<Tile>& tiles, std::int64_t tokens,
                         const Fields& f) {
  const std::int64_t tile = tiles.empty() ? 16 : tiles.front().extent;
  switch (random.between(0, 7)) {
    case 0:
      return random.between(0, 1);
    case 1:
      return std::max<std::int64_t>(0, tokens + random.between(-1, 1));
    case 2:
      return std::max<std::int64_t>(0, f.page + random.between(-1, 1));
    case 3:
      return std::min<std::int64_t>(200, f.splits * tile + random.between(-1, 1));
    case 4:
      return (std::int64_t{1} << random.between(0, 6)) + tokens - 1;
    case 5:
      return random.chance(10) ? random.log_uniform(64, 400) : random.between(1, 40);
    default:
      return draw_extent(random, tiles, "keys", 100, true);
  }
}

void draw_requests(Random& random, const std::vector<Tile>& tiles, Fields& f) {
  const std::int64_t count = random.between(0, 4);
  const std::int64_t uniform = random.chance(40) ? random.between(1, 3) : 0;
  for (std::int64_t r = 0; r < count; ++r) {
    std::int64_t tokens = uniform > 0 ? uniform : random.between(0, 3);
    if (random.chance(3)) tokens = 8;
    f.requests.push_back({tokens, draw_length(random, tiles, tokens, f)});
  }
  // Without a mask nothing but an empty request leaves a row without keys.
  if (!f.causal && count > 0 && random.chance(30)) {
    f.requests[static_cast<std::size_t>(random.between(0, count - 1))].length = 0;
  }
}

}  // namespace

Fields draw_fields(Random& random, const std::vector<Tile>& tiles) {
  Fields f;
  f.dtype = random.pick<DType>({DType::f32, DType::bf16, DType::f16});
  f.heads = draw_extent(random, tiles, "H", random.chance(90) ? 6 : 17, false);
  f.latent = draw_extent(random, tiles, "latent", random.chance(90) ? 40 : 140, false);
  f.rope = random.pick<std::int64_t>({0, 1, 6, 8});
  f.page = random.pick<std::int64_t>({1, 1, 2, 3, 16, 32, 64, 128});
  f.splits = random.pick<std::int64_t>({1, 1, 2, 3, 4, 8, 33});
  f.causal = random.chance(80);
  f.page_map = random.pick(EnumNames<PageMap>::values());
  f.scale = random.pick(scales()).second;
  f.values = random.pick(EnumNames<Values>::values());
  if (!unfit_scale(f).empty()) {
    // Scale and contents do not go together: one of the two is replaced.
    if (random.chance(50)) {
      f.values = random.chance(50) ? Values::exact : Values::zero_query;
    } else {
      f.scale = kInverseRoot;
    }
  }
  f.seed = random.between(0, 1 << 30);
  draw_requests(random, tiles, f);
  // With a single key nothing hides a mistake in the range of logits.
  if (f.values == Values::level && random.chance(25)) {
    for (Request& request : f.requests) request = {1, 1};
  }
  if (!unfit_scale(f).empty()) f.scale = kInverseRoot;  // a row of one key is among the requests
  if (random.chance(50)) f.padding = random.between(1, 3);
  if (random.chance(50)) f.spare_pages = random.between(1, 2);
  if (random.chance(50)) f.spare_columns = random.between(1, 4);
  if (random.chance(50)) f.placement = random.between(1, 999);
  field_table().draw_layouts(random, f);
  return f;
}

}  // namespace mlacheck::mla_decode
