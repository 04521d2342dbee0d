#include "properties/flatten_quant/model.hpp"

#include <algorithm>
#include <array>

#include "properties/common/case_size.hpp"
#include "properties/flatten_quant/values.hpp"
#include "reference/common/formats.hpp"

namespace mlacheck {
namespace {

constexpr std::int64_t kMostGap = 4096;
constexpr std::int64_t kMxBlock = 32;
constexpr std::int64_t kMostElements = std::int64_t{1} << 22;
const std::vector<std::string> kForms{"mxfp4", "fp8", "fp8_transposed"};
const std::vector<std::string> kLayouts{"tokens_first", "heads_first", "columns_first",
                                        "scattered"};
const std::vector<std::string> kSpecialBlocks{"launder", "wrap", "arithmetic", "nan_scale"};

struct Sizes {
  std::int64_t tokens;
  std::int64_t heads;
  std::int64_t columns;
  std::int64_t group;
  bool mxfp4;

  std::int64_t elements() const { return tokens * heads * columns; }
  std::int64_t code_columns() const { return heads * (mxfp4 ? columns / 2 : columns); }
  std::int64_t scale_columns() const { return heads * ((columns + group - 1) / group); }
};

Sizes sizes_of(const Case& c) {
  const bool mxfp4 = c.choice("form") == "mxfp4";
  return {c.integer("T"), c.integer("H"), c.integer("V"), mxfp4 ? kMxBlock : c.integer("group"),
          mxfp4};
}

std::int64_t position(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) - names.begin();
}

Schema make_schema() {
  Schema schema;
  schema.op = "flatten_quant";
  schema.fields = {
      Field::integer("T", 0, 4096, 1), Field::integer("H", 0, 256, 1),
      Field::integer("V", 0, 4096, 2), Field::choice("form", kForms),
      // FP8 only: elements of a group, the format, what amax becomes, NaN after clamping
      Field::integer("group", 1, 128, 128), Field::choice("format", {"e4m3fn", "e4m3fnuz"}),
      Field::choice("maximum", {"240", "224", "448"}), Field::integer("clamp_keeps_nan", 0, 1, 0),
      // MXFP4 only
      Field::choice("special_block", kSpecialBlocks),
      Field::choice("dtype", {"f32", "f16", "bf16"}),
      Field::choice("values", flatten_value_names()), Field::integer("seed", 0, 1 << 30, 0),
      // x [T, H, V]: which axis is outermost in memory, or no axis of unit stride; elements after
      // each run of the innermost axis, after each run of the middle one, and in front
      Field::choice("x.layout", kLayouts), Field::integer("x.run_gap", 0, kMostGap, 0),
      Field::integer("x.outer_gap", 0, kMostGap, 0), Field::integer("x.offset", 0, kMostGap, 0),
      // both outputs: elements after each run, runs after the last, elements in front
      Field::integer("codes.gap", 0, kMostGap, 0), Field::integer("codes.pad", 0, 64, 0),
      Field::integer("codes.offset", 0, kMostGap, 0), Field::integer("scales.gap", 0, kMostGap, 0),
      Field::integer("scales.pad", 0, 64, 0), Field::integer("scales.offset", 0, kMostGap, 0)};
  return schema;
}

Layout x_layout(const Case& c, const Sizes& s) {
  const std::string& layout = c.choice("x.layout");
  const std::int64_t run = c.integer("x.run_gap");
  const std::int64_t outer = c.integer("x.outer_gap");
  const std::vector<std::int64_t> shape{s.tokens, s.heads, s.columns};
  std::vector<std::int64_t> stride;
  if (layout == "heads_first") {
    const std::int64_t token = s.columns + run;
    stride = {token, s.tokens * token + outer, 1};
  } else if (layout == "columns_first") {
    const std::int64_t token = s.heads + run;
    stride = {token, 1, s.tokens * token + outer};
  } else {
    const std::int64_t step = layout == "scattered" ? 2 : 1;
    const std::int64_t head = step * s.columns + run;
    stride = {s.heads * head + outer, head, step};
  }
  return Layout::strided(shape, stride, c.integer("x.offset"));
}

// `runs` of `length` elements with gaps; `along` is the axis of unit stride.
Layout output_layout(const Case& c, const std::string& name, std::int64_t rows,
                     std::int64_t columns, std::size_t along) {
  const std::int64_t pitch = (along == 0 ? rows : columns) + c.integer(name + ".gap");
  const std::int64_t runs = (along == 0 ? columns : rows) + c.integer(name + ".pad");
  const std::vector<std::int64_t> stride =
      along == 0 ? std::vector<std::int64_t>{1, pitch} : std::vector<std::int64_t>{pitch, 1};
  Layout layout = Layout::strided({rows, columns}, stride, c.integer(name + ".offset"));
  // The rest of a larger buffer, which the canaries watch like a gap.
  layout.storage = std::max(layout.storage, layout.offset + runs * pitch);
  return layout;
}

reference::SmallFormat format_of(const Case& c) {
  if (c.choice("form") == "mxfp4") return reference::SmallFormat::e2m1;
  return c.choice("format") == "e4m3fn" ? reference::SmallFormat::e4m3fn
                                        : reference::SmallFormat::e4m3fnuz;
}

Layout codes_layout(const Case& c, const Sizes& s) {
  return output_layout(c, "codes", s.tokens, s.code_columns(), 1);
}

Layout scales_layout(const Case& c, const Sizes& s) {
  return output_layout(c, "scales", s.tokens, s.scale_columns(), c.choice("form") == "fp8" ? 1 : 0);
}

CodeFormat codes_format(const Case& c) {
  if (c.choice("form") == "mxfp4") return CodeFormat::e2m1_pairs;
  return c.choice("format") == "e4m3fn" ? CodeFormat::e4m3fn : CodeFormat::e4m3fnuz;
}

FlattenShape shape_of(const Case& c, const Sizes& s) {
  FlattenShape shape{s.tokens, s.heads, s.columns, s.group, {}, 6};
  if (!s.mxfp4) shape.maximum = std::stod(c.choice("maximum"));
  const reference::SmallFormat format = format_of(c);
  for (int code = 0; code < reference::code_count(format) / 2; ++code) {
    const double value = reference::decode(format, static_cast<std::uint8_t>(code));
    if (value <= reference::largest_finite(format)) shape.codes.push_back(value);
  }
  return shape;
}

class FlattenQuantModel final : public OpModel {
 public:
  const Schema& schema() const override {
    static const Schema kSchema = make_schema();
    return kSchema;
  }

  std::vector<std::string> tile_axes() const override { return {"T", "H", "V"}; }

  Case generate(Random& random, const std::vector<Tile>& tiles) const override {
    Case c(schema());
    draw_form(random, c);
    draw_sizes(random, tiles, c);
    c.set("dtype", random.pick<std::string>({"f32", "f16", "bf16"}));
    c.set("values", random.pick(flatten_value_names())).set("seed", random.between(0, 1 << 30));
    if (random.chance(75)) {
      c.set("x.layout", random.pick(kLayouts)).set("x.run_gap", draw_gap(random));
      c.set("x.outer_gap", draw_gap(random)).set("x.offset", draw_offset(random));
    }
    for (const std::string output : {"codes", "scales"}) {
      if (random.chance(25)) continue;
      c.set(output + ".gap", draw_gap(random)).set(output + ".offset", draw_offset(random));
      if (random.chance(50)) c.set(output + ".pad", random.between(1, 3));
    }
    return c;
  }

  std::vector<Case> required_cases() const override;

  std::string inadmissible(const Case& c) const override {
    const Sizes sizes = sizes_of(c);
    if (sizes.elements() > kMostElements) return "more than 2^22 elements";
    if (sizes.mxfp4 && sizes.columns % 2 != 0) {
      return "V: " + std::to_string(sizes.columns) + " is odd, and MXFP4 packs pairs of a head";
    }
    if (!sizes.mxfp4 && c.choice("format") == "e4m3fnuz" && c.choice("maximum") == "448") {
      return "maximum: 448 is no E4M3FNUZ number";
    }
    return too_much_storage({x_layout(c, sizes), codes_layout(c, sizes), scales_layout(c, sizes)});
  }

  bool same_rules_for_all_variants() const override { return true; }

  Problem materialise(const Case& c, std::string_view /*variant*/) const override {
    const Sizes sizes = sizes_of(c);
    const DType dtype = *dtype_from_name(c.choice("dtype"));
    const std::int64_t form = position(kForms, c.choice("form"));
    Operand x;
    x.name = "x";
    x.dtype = dtype;
    x.layout = x_layout(c, sizes);
    x.bits = flatten_bits(flatten_values(c.choice("values")), dtype,
                          static_cast<std::uint64_t>(c.integer("seed")), shape_of(c, sizes));
    Operand codes;
    codes.name = "codes";
    codes.dtype = DType::u8;
    codes.format = codes_format(c);
    codes.access = Access::output;
    codes.layout = codes_layout(c, sizes);
    Operand scales;
    scales.name = "scales";
    scales.dtype = sizes.mxfp4 ? DType::u8 : DType::f32;
    scales.format = sizes.mxfp4 ? CodeFormat::e8m0 : CodeFormat::plain;
    scales.access = Access::output;
    scales.layout = scales_layout(c, sizes);
    Problem problem;
    problem.operands = {std::move(x), std::move(codes), std::move(scales)};
    problem.integers = {{"form", form},
                        {"group", sizes.group},
                        {"special_block", position(kSpecialBlocks, c.choice("special_block"))},
                        {"maximum", std::stoll(c.choice("maximum"))},
                        {"fnuz", c.choice("format") == "e4m3fnuz" ? 1 : 0},
                        {"clamp_keeps_nan", c.integer("clamp_keeps_nan")}};
    return problem;
  }

  // Every gap that may be 0 becomes 0 or stops being 0, and x changes axes.
  Case layout_twin(const Case& c) const override {
    Case twin = c;
    const auto flip = [&](const char* field, std::int64_t other) {
      twin.set(field, c.integer(field) == 0 ? other : 0);
    };
    const auto layout = static_cast<std::size_t>(position(kLayouts, c.choice("x.layout")));
    twin.set("x.layout", kLayouts[(layout + 1) % kLayouts.size()]);
    flip("x.run_gap", 3);
    flip("x.outer_gap", 8);
    flip("x.offset", 1);
    flip("codes.gap", 5);
    flip("codes.pad", 1);
    flip("codes.offset", 3);
    flip("scales.gap", 1);
    flip("scales.pad", 2);
    flip("scales.offset", 7);
    return twin;
  }

  std::vector<Relation> relations(const Case&, const Problem& problem,
                                  Random& random) const override {
    return flatten_quant_relations(problem, random);
  }

  std::optional<Cost> cost(const Case&, const Problem& problem,
                           std::string_view variant) const override {
    return flatten_quant_cost(problem, variant);
  }
  Case cost_case() const override {
    return Case(schema()).set("T", 64).set("H", 16).set("V", 128).set("dtype", "bf16");
  }

  Check value_check(const Case& c) const override {
    switch (flatten_values(c.choice("values"))) {
      case FlattenValues::ties:
      case FlattenValues::every_code:
      case FlattenValues::scale_edges:
        return Check::quantisation;
      default:
        return OpModel::value_check(c);
    }
  }

  bool has_edge_values(const Case& c) const override {
    switch (flatten_values(c.choice("values"))) {
      case FlattenValues::small:
      case FlattenValues::tiny:
      case FlattenValues::zeros:
      case FlattenValues::huge:
      case FlattenValues::special:
        return true;
      default:
        return false;
    }
  }

 private:
  static void draw_form(Random& random, Case& c) {
    c.set("form", random.pick(kForms));
    c.set("special_block", random.pick(kSpecialBlocks));
    if (c.choice("form") == "mxfp4") return;
    static const std::vector<std::int64_t> kGroups{1, 3, 16, 17, 32, 64, 100, 127};
    if (random.chance(50)) c.set("group", random.pick(kGroups));
    const bool fnuz = random.chance(50);
    c.set("format", fnuz ? "e4m3fnuz" : "e4m3fn");
    c.set("maximum", !fnuz && random.chance(60) ? "448" : random.chance(50) ? "240" : "224");
    c.set("clamp_keeps_nan", random.between(0, 1));
  }

  static void draw_sizes(Random& random, const std::vector<Tile>& tiles, Case& c) {
    // V of real models, and heads that are no power of two of groups.
    static const std::vector<std::int64_t> kColumns{64, 96, 128, 160, 192, 256};
    const bool mxfp4 = c.choice("form") == "mxfp4";
    std::array<std::int64_t, 3> s{
        draw_extent(random, tiles, "T", 70, true),
        draw_extent(random, tiles, "H", 12, random.chance(10)),
        random.chance(20) ? random.pick(kColumns) : draw_extent(random, tiles, "V", 300, true)};
    const std::int64_t budget = random.chance(3) ? 16000 : 2500;
    while (s[0] * s[1] * s[2] > budget) {
      // Tokens and heads are independent; only V decides how a head falls into groups.
      s[random.chance(20) ? 2 : random.chance(60) && s[0] > 2 ? 0 : 1] /= 2;
    }
    if (mxfp4) s[2] += s[2] % 2;
    c.set("T", s[0]).set("H", s[1]).set("V", s[2]);
  }
};

std::vector<Case> FlattenQuantModel::required_cases() const {
  std::vector<Case> cases;
  const auto add = [&](std::int64_t tokens, std::int64_t heads, std::int64_t columns,
                       std::string_view form, std::string_view dtype,
                       std::string_view values) -> Case& {
    Case c(schema());
    c.set("T", tokens).set("H", heads).set("V", columns).set("form", form);
    if (form != "mxfp4") c.set("maximum", "448");
    c.set("dtype", dtype).set("values", values).set("seed", 1);
    cases.push_back(std::move(c));
    return cases.back();
  };
  for (const std::string& form : kForms) {
    // Real models: DeepSeek-V3 on one rank and on eight, a view of the batched product's [H, T, V];
    // Kimi-K2; GLM-5; MiniCPM3, whose heads are shorter than a group of FP8.
    add(1, 128, 128, form, "bf16", "normal");
    add(3, 16, 128, form, "bf16", "normal").set("x.layout", "heads_first");
    add(2, 8, 128, form, "f16", "normal").set("scales.gap", 2);
    add(2, 16, 256, form, "bf16", "positions").set("x.layout", "heads_first");
    add(2, 40, 64, form, "bf16", "normal").set("x.run_gap", 64);
    // Heads of a multiple of the group that is no power of two, of less than a group, and of what
    // leaves a short last one; sizes of no symmetry.
    add(7, 5, 96, form, "bf16", "normal").set("x.layout", "heads_first").set("codes.pad", 1);
    add(3, 2, 384, form, "bf16", "positions").set("x.layout", "heads_first");
    add(3, 4, 160, form, "f32", "normal").set("codes.gap", 1);
    add(2, 3, 192, form, "bf16", "wide").set("x.offset", 1);
    add(5, 6, 16, form, "bf16", "positions").set("scales.pad", 1);
    add(5, 3, 48, form, "f16", "positions").set("scales.offset", 1);
    add(3, 5, 2, form, "f32", "normal").set("x.layout", "columns_first");
    // One token, one head; more groups than a block has threads.
    add(1, 1, 128, form, "bf16", "normal").set("scales.gap", 3);
    add(65, 3, 36, form, "bf16", "normal").set("x.layout", "scattered");
    for (const char* dtype : {"f32", "f16", "bf16"}) {
      for (const char* values :
           {"ties", "scale_edges", "sparse", "small", "tiny", "zeros", "huge"}) {
        add(4, 3, 128, form, dtype, values).set("codes.pad", 1);
      }
    }
    // All that the class has: 253 scales of two groups for MXFP4, nine of eight for E4M3FN.
    const bool mxfp4 = form == "mxfp4";
    for (const char* dtype : {"bf16", "f16", "f32"}) {
      add(mxfp4 ? 23 : 9, mxfp4 ? 11 : 8, mxfp4 ? 64 : 128, form, dtype, "every_code")
          .set("seed", 0);
    }
    // Nothing to quantise.
    add(0, 4, 32, form, "bf16", "normal").set("codes.pad", 3).set("scales.gap", 3);
    add(3, 0, 32, form, "bf16", "normal").set("codes.pad", 2);
    add(3, 4, 0, form, "bf16", "normal").set("scales.pad", 2);
  }
  for (const char* maximum : {"240", "224"}) {
    add(9, 8, 128, "fp8", "bf16", "every_code")
        .set("format", "e4m3fnuz")
        .set("maximum", maximum)
        .set("seed", 0);
  }
  for (const char* dtype : {"f32", "f16", "bf16"}) {
    for (const std::string& policy : kSpecialBlocks) {
      add(5, 3, 96, "mxfp4", dtype, "special").set("special_block", policy);
      add(2, 3, 64, "mxfp4", dtype, "huge").set("special_block", policy);
    }
    for (const std::int64_t keeps : {0, 1}) {
      add(5, 3, 96, "fp8", dtype, "special").set("group", 32).set("clamp_keeps_nan", keeps);
      for (const char* maximum : {"240", "224"}) {
        for (const char* values : {"special", "ties"}) {
          add(4, 3, 64, "fp8_transposed", dtype, values)
              .set("group", 32)
              .set("format", "e4m3fnuz")
              .set("maximum", maximum)
              .set("clamp_keeps_nan", keeps);
        }
      }
    }
  }
  // Groups of one, and of any size.
  add(3, 2, 7, "fp8", "bf16", "positions").set("group", 1);
  add(3, 2, 65, "fp8", "bf16", "normal").set("group", 17);
  add(3, 2, 128, "fp8", "bf16", "normal").set("maximum", "240");
  return cases;
}

}  // namespace

const OpModel& flatten_quant_model() {
  static const FlattenQuantModel kModel;
  return kModel;
}

}  // namespace mlacheck
