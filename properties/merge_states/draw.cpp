#include <algorithm>

#include "properties/merge_states/fields.hpp"

namespace mlacheck::merge_states {
namespace {

void draw_sizes(Random& random, const std::vector<Tile>& tiles, Fields& f) {
  // Widths of real models and those whose rows straddle warps (48, 96, 192).
  static const std::vector<std::int64_t> kWidths{32, 48, 64, 96, 128, 192, 256, 320, 512, 576};
  f.tokens = draw_extent(random, tiles, "groups", 64, true);
  f.heads = draw_extent(random, tiles, "H", 40, random.chance(10));
  f.width = random.chance(30) ? random.pick(kWidths) : draw_extent(random, tiles, "V", 600, true);
  const std::int64_t budget = random.chance(2) ? 100000 : 8000;
  while (f.tokens * f.heads * f.width > budget) {
    (f.tokens > f.heads ? f.tokens : f.heads) /= 2;
    f.tokens = std::max<std::int64_t>(f.tokens, 1);
  }
  if (random.chance(40)) f.copied = random.between(0, f.tokens);
}

void draw_values(Random& random, Fields& f) {
  f.dtype = random.pick<DType>({DType::f32, DType::f16, DType::bf16});
  f.has_lse_out = random.chance(80);
  f.values = random.pick(EnumNames<ValueClass>::values());
  f.lse = random.pick(EnumNames<LseClass>::values());
  if (!no_agreed_answer(f.values, f.lse).empty()) f.lse = LseClass::near;
  if (random.chance(50)) {
    f.empty = random.pick<EmptySides>({EmptySides::prefix, EmptySides::suffix, EmptySides::both,
                                       EmptySides::some, EmptySides::some, EmptySides::some});
    f.lse_empty = random.pick(EnumNames<EmptyLse>::values());
  }
  f.seed = random.between(0, 1 << 30);
}

}  // namespace

Fields draw_fields(Random& random, const std::vector<Tile>& tiles) {
  Fields f;
  draw_sizes(random, tiles, f);
  draw_values(random, f);
  field_table().draw_layouts(random, f);
  return f;
}

}  // namespace mlacheck::merge_states
