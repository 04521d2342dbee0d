#include <array>

#include "properties/quantized_bmm/fields.hpp"

namespace mlacheck::quantized_bmm {
namespace {

// Blocks of kernel tiles, as a measure of what a case costs.
std::int64_t work(const Fields& f) {
  return f.heads * (f.tokens / 16 + 1) * (f.columns / 64 + 1) * (f.blocks + 1);
}

void draw_sizes(Random& random, const std::vector<Tile>& tiles, Fields& f) {
  // Query absorption and value up-projection of real models: K of 128, 192 and 512.
  static const std::vector<std::int64_t> kBlocks{4, 6, 16};
  static const std::vector<std::int64_t> kColumns{64, 96, 128, 192};
  f.tokens = draw_extent(random, tiles, "T", 40, true);
  f.heads = draw_extent(random, tiles, "H", 10, random.chance(10));
  f.columns =
      random.chance(10) ? random.pick(kColumns) : draw_extent(random, tiles, "V", 160, true);
  f.blocks = random.chance(15) ? random.pick(kBlocks)
                               : draw_extent(random, tiles, "blocks", 9, random.chance(25));
  const std::int64_t budget = random.chance(2) ? 300 : 40;
  // Heads are independent: few of them cover nearly as much as many.
  while (work(f) > budget && f.heads > 2) f.heads /= 2;
  while (work(f) > budget) {
    const std::array<std::int64_t*, 3> extents{&f.tokens, &f.columns, &f.blocks};
    *extents[static_cast<std::size_t>(random.between(0, 2))] /= 2;
  }
}

void draw_fp8(Random& random, Fields& f) {
  if (random.chance(40)) f.tail = random.between(1, 31);
  f.format = random.pick(EnumNames<Fp8Format>::values());
  if (f.format == Fp8Format::e4m3fnuz) {
    f.maximum = random.chance(50) ? 240 : 224;
  } else if (random.chance(20)) {
    f.maximum = 240;
  }
  f.has_bias = random.chance(40);
  if (random.chance(4)) {
    // Nothing to add up, and an addend.
    f.blocks = 0;
    f.tail = 0;
    f.has_bias = true;
  }
  if (random.chance(30)) {
    f.weight_scale = static_cast<WeightScale>(
        random.between(1, static_cast<std::int64_t>(EnumNames<WeightScale>::kCount) - 1));
  }
}

}  // namespace

Fields draw_fields(Random& random, const std::vector<Tile>& tiles) {
  Fields f;
  f.form = random.pick(EnumNames<Form>::values());
  draw_sizes(random, tiles, f);
  if (f.form == Form::fp8) {
    draw_fp8(random, f);
  } else if (random.chance(40)) {
    // More splits than blocks leave some of them empty.
    f.splits = random.between(2, random.chance(20) ? 9 : 4);
  }
  f.x_dtype = random.chance(50) ? DType::bf16 : DType::f16;
  f.out_dtype = random.pick<DType>({DType::f32, DType::bf16, DType::bf16, DType::f16});
  f.values = random.pick(EnumNames<Values>::values());
  if (!unfit_weight_scale(f).empty()) {
    if (f.form != Form::fp8 || random.chance(50)) {
      f.weight_scale = WeightScale::ordinary;
    } else {
      f.values = Values::normal;
      if (f.out_dtype == DType::f16) f.out_dtype = DType::f32;
    }
  }
  f.seed = random.between(0, 1 << 30);
  field_table().draw_layouts(random, f);
  return f;
}

}  // namespace mlacheck::quantized_bmm
