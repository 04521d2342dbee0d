#include <algorithm>

#include "properties/decode_step/fields.hpp"

namespace mlacheck::decode_step {
namespace {

// The classes of a ragged batch: nothing, next to the tokens of the step, to a page, to tiles times
// splits, and powers of two (exact means).
std::int64_t draw_length(Random& random, const std::vector<Tile>& tiles, std::int64_t tokens,
                         const Fields& f) {
  switch (random.between(0, 5)) {
    case 0:
      return random.between(0, 1);
    case 1:
      return std::max<std::int64_t>(0, tokens + random.between(-1, 1));
    case 2:
      return std::max<std::int64_t>(0, f.page + random.between(-1, 1));
    case 3:
      return (std::int64_t{1} << random.between(0, 5)) + tokens - 1;
    default:
      return draw_extent(random, tiles, "keys", 60, true);
  }
}

void draw_requests(Random& random, const std::vector<Tile>& tiles, Fields& f) {
  const std::int64_t count = random.between(0, 4);
  const std::int64_t uniform = random.chance(50) ? random.between(1, 4) : 0;
  for (std::int64_t r = 0; r < count; ++r) {
    const std::int64_t tokens = uniform > 0 ? uniform : random.between(0, 4);
    f.requests.push_back({tokens, draw_length(random, tiles, tokens, f)});
  }
}

// Adaptive verification: the device kept fewer tokens of some requests than the host reckons with.
void draw_device_tokens(Random& random, Fields& f) {
  for (const Request& request : f.requests) {
    f.device_tokens.push_back(random.chance(50) ? request.tokens
                                                : random.between(0, request.tokens));
  }
}

}  // namespace

Fields draw_fields(Random& random, const std::vector<Tile>& tiles) {
  Fields f;
  f.dtype = random.pick<DType>({DType::bf16, DType::bf16, DType::f32, DType::f16});
  f.heads = draw_extent(random, tiles, "H", random.chance(90) ? 6 : 9, false);
  f.latent = draw_extent(random, tiles, "latent", random.chance(90) ? 12 : 70, false);
  f.nope = random.pick<std::int64_t>({0, 1, 2, 5, 8, 16});
  f.rope = random.pick<std::int64_t>({0, 1, 2, 6, 8});
  f.width = random.chance(3) ? 0 : random.pick<std::int64_t>({1, 2, 3, 8, 12, 16, 20, 40});
  f.page = random.pick<std::int64_t>({1, 1, 2, 3, 16, random.chance(50) ? 32 : 128});
  f.splits = random.pick<std::int64_t>({1, 1, 2, 3, 4, 8});
  draw_requests(random, tiles, f);
  if (random.chance(15)) draw_device_tokens(random, f);
  if (random.chance(50)) f.padding = random.between(1, 5);
  if (random.chance(40)) f.base = random.log_uniform(1, 1 << 20);
  f.values = random.pick(EnumNames<Values>::values());
  if (random.chance(30)) f.scale = random.pick<double>({0.0721688, -0.0625, 0});
  f.seed = random.between(0, 1 << 30);
  if (random.chance(50)) f.spare_pages = random.between(1, 2);
  if (random.chance(50)) f.spare_columns = random.between(1, 4);
  if (random.chance(50)) f.placement = random.between(1, 999);
  field_table().draw_layouts(random, f);
  return f;
}

}  // namespace mlacheck::decode_step
