#include <algorithm>
#include <array>

#include "properties/output_step/fields.hpp"

namespace mlacheck::output_step {
namespace {

void draw_forms(Random& random, Fields& f) {
  f.product = random.pick(EnumNames<Product>::values());
  f.projection = random.pick(EnumNames<Projection>::values());
  f.dtype = f.product == Product::fp8 || random.chance(50) ? DType::bf16 : DType::f16;
  f.format = random.pick(EnumNames<Fp8Format>::values());
  const bool largest = f.format == Fp8Format::e4m3fn && random.chance(60);
  f.maximum = largest ? 448 : random.chance(50) ? 240 : 224;
  if (random.chance(60)) f.group = random.pick<std::int64_t>({1, 3, 8, 16, 32, 33, 64, 100});
}

// Blocks of kernel tiles, as a measure of what a case costs.
std::int64_t tiles_of(const Fields& f) {
  const Parameters p = f.parameters();
  const std::int64_t depth =
      p.fp8() ? f.heads * rounded_up_quotient(f.width, p.group) : f.sizes().row() / 64;
  return (f.tokens / 16 + 1) *
         (f.heads * (f.width / 64 + 1) * (f.blocks + 1) + (f.columns / 64 + 1) * (depth + 1));
}

void draw_sizes(Random& random, const std::vector<Tile>& tiles, Fields& f) {
  f.tokens = draw_extent(random, tiles, "T", 36, true);
  f.heads = draw_extent(random, tiles, "H", 6, random.chance(10));
  f.width = random.chance(25) ? random.pick<std::int64_t>({32, 64, 96, 128, 160})
                              : draw_extent(random, tiles, "V", 140, true);
  // MXFP4 has whole blocks in a head.
  if (f.projection == Projection::mxfp4) {
    f.width = rounded_up_quotient(f.width, kMxBlock) * kMxBlock;
  }
  f.columns = draw_extent(random, tiles, "hidden", 140, true);
  f.blocks = random.chance(5) ? 0 : random.pick<std::int64_t>({1, 1, 2, 3, 5, 16});
  const std::int64_t budget = random.chance(3) ? 300 : 50;
  while (tiles_of(f) > budget && f.heads > 2) f.heads /= 2;
  while (tiles_of(f) > budget) {
    // The last step may be what a head of many small groups needs.
    const std::array<std::int64_t*, 3> extents{&f.tokens, &f.columns, &f.blocks};
    std::int64_t& extent = *extents[static_cast<std::size_t>(random.between(0, 2))];
    if (extent > 1) {
      extent /= 2;
    } else {
      f.group = std::min<std::int64_t>(2 * f.group, 128);
      f.heads = std::max<std::int64_t>(f.heads / 2, std::min<std::int64_t>(f.heads, 1));
    }
  }
}

}  // namespace

Fields draw_fields(Random& random, const std::vector<Tile>& tiles) {
  Fields f;
  draw_forms(random, f);
  draw_sizes(random, tiles, f);
  f.values = random.pick(EnumNames<Values>::values());
  f.seed = random.between(0, 1 << 30);
  field_table().draw_layouts(random, f);
  return f;
}

}  // namespace mlacheck::output_step
