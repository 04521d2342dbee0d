#include <array>

#include "properties/strided_bmm/fields.hpp"

namespace mlacheck::strided_bmm {
namespace {

// Slabs of kernel tiles, as a measure of what a case costs.
std::int64_t work(const Fields& f) {
  return f.heads * (f.tokens / 16 + 1) * (f.columns / 64 + 1) * (f.latent / 32 + 1);
}

void draw_sizes(Random& random, const std::vector<Tile>& tiles, Fields& f) {
  // L and V of real models.
  static const std::vector<std::int64_t> kLatents{256, 512};
  static const std::vector<std::int64_t> kColumns{64, 128, 192, 256};
  f.tokens = draw_extent(random, tiles, "T", 40, true);
  f.heads = draw_extent(random, tiles, "H", 12, random.chance(10));
  f.latent =
      random.chance(10) ? random.pick(kLatents) : draw_extent(random, tiles, "latent", 300, true);
  f.columns =
      random.chance(10) ? random.pick(kColumns) : draw_extent(random, tiles, "V", 200, true);
  const std::int64_t budget = random.chance(2) ? 600 : 50;
  // Heads are independent: few of them cover nearly as much as many.
  while (work(f) > budget && f.heads > 2) f.heads /= 2;
  while (work(f) > budget) {
    const std::array<std::int64_t*, 3> extents{&f.tokens, &f.columns, &f.latent};
    *extents[static_cast<std::size_t>(random.between(0, 2))] /= 2;
  }
}

void draw_contents(Random& random, Fields& f) {
  f.dtype = random.pick<DType>({DType::f32, DType::f16, DType::bf16});
  f.values = random.pick(EnumNames<Values>::values());
  // With few outputs all sums may cancel so far that their bounds exceed them. Such a case would
  // show nothing.
  constexpr std::int64_t kFewOutputs = 4;
  if (f.tokens * f.heads * f.columns < kFewOutputs && !exact_sums(f.values)) {
    f.values = Values::large_integers;
  }
  f.seed = random.between(0, 1 << 30);
}

// Drawn seldom, as few callers have views that repeat one row. Only in these is a leading dimension
// smaller than a row.
Sharing draw_sharing(Random& random, Values values) {
  if (!may_share(values) || !random.chance(12)) return Sharing::own;
  return random.chance(50) ? Sharing::equal : Sharing::broadcast;
}

}  // namespace

Fields draw_fields(Random& random, const std::vector<Tile>& tiles) {
  Fields f;
  draw_sizes(random, tiles, f);
  draw_contents(random, f);
  field_table().draw_layouts(random, f);
  f.x_rows = draw_sharing(random, f.values);
  f.w_rows = draw_sharing(random, f.values);
  return f;
}

}  // namespace mlacheck::strided_bmm
