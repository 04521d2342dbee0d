#include "properties/flatten_quant/fields.hpp"

namespace mlacheck::flatten_quant {
namespace {

void draw_form(Random& random, Fields& f) {
  f.form = random.pick(EnumNames<Form>::values());
  f.special_block = random.pick(EnumNames<reference::SpecialBlock>::values());
  if (f.form == Form::mxfp4) return;
  static const std::vector<std::int64_t> kGroups{1, 3, 16, 17, 32, 64, 100, 127};
  if (random.chance(50)) f.group = random.pick(kGroups);
  f.format = random.pick(EnumNames<Fp8Format>::values());
  const bool largest = f.format == Fp8Format::e4m3fn && random.chance(60);
  f.maximum = largest ? 448 : random.chance(50) ? 240 : 224;
  f.clamp_keeps_nan = random.chance(50);
}

void draw_sizes(Random& random, const std::vector<Tile>& tiles, Fields& f) {
  // V of real models, and heads that are no power of two of groups.
  static const std::vector<std::int64_t> kColumns{64, 96, 128, 160, 192, 256};
  f.tokens = draw_extent(random, tiles, "T", 70, true);
  f.heads = draw_extent(random, tiles, "H", 12, random.chance(10));
  f.columns =
      random.chance(20) ? random.pick(kColumns) : draw_extent(random, tiles, "V", 300, true);
  const std::int64_t budget = random.chance(3) ? 16000 : 2500;
  while (f.sizes().elements() > budget) {
    // Tokens and heads are independent; only V decides how a head falls into groups.
    std::int64_t& extent = random.chance(20)                   ? f.columns
                           : random.chance(60) && f.tokens > 2 ? f.tokens
                                                               : f.heads;
    extent /= 2;
  }
  if (f.form == Form::mxfp4) f.columns += f.columns % 2;
}

}  // namespace

Fields draw_fields(Random& random, const std::vector<Tile>& tiles) {
  Fields f;
  draw_form(random, f);
  draw_sizes(random, tiles, f);
  f.dtype = random.pick<DType>({DType::f32, DType::f16, DType::bf16});
  f.values = random.pick(EnumNames<Values>::values());
  if (f.form == Form::mxfp4) {
    // The exponent of a scale jumps at few of the numbers that a block can hold, and a block of one
    // kind must be a whole one: one behind the end of a head has zeros besides.
    if (random.chance(15)) f.values = Values::scale_edges;
    if (random.chance(10)) f.values = Values::alone;
  }
  f.seed = random.between(0, 1 << 30);
  field_table().draw_layouts(random, f);
  return f;
}

}  // namespace mlacheck::flatten_quant
