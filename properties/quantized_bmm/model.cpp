#include "properties/quantized_bmm/model.hpp"

#include <algorithm>
#include <array>

#include "properties/common/case_size.hpp"
#include "properties/quantized_bmm/values.hpp"

namespace mlacheck {
namespace {

constexpr std::int64_t kMostGap = 4096;
constexpr std::int64_t kMxBlock = 32;
const std::vector<std::string> kForms{"a16wfp4", "afp4wfp4", "fp8"};
const std::vector<std::string> kOperands{"x", "x_scales", "w", "w_scales", "bias", "out"};
/// Axes of an operand from the one with the largest stride to the one with the smallest.
const std::vector<std::string> kOrders{"012", "021", "102", "120", "201", "210"};

QuantSizes sizes_of(const Case& c) {
  return {c.integer("T"), c.integer("H"), c.integer("V"),
          kMxBlock * c.integer("blocks") + c.integer("tail")};
}

bool is_packed(const Case& c) { return c.choice("form") == "afp4wfp4"; }
bool is_fp8(const Case& c) { return c.choice("form") == "fp8"; }

std::int64_t maximum_of(const Case& c) { return std::stoll(c.choice("maximum")); }

std::int64_t form_number(const Case& c) {
  return std::find(kForms.begin(), kForms.end(), c.choice("form")) - kForms.begin();
}

Schema make_schema() {
  Schema schema;
  schema.op = "quantized_bmm";
  schema.fields = {
      Field::choice("form", kForms), Field::integer("T", 0, 4096, 1),
      Field::integer("H", 0, 256, 1), Field::integer("V", 0, 4096, 1),
      Field::integer("blocks", 0, 256, 1), Field::integer("splits", 1, 1024, 1),
      // of form fp8: elements past the blocks, the format's variant, what the largest magnitude of
      // a group becomes
      Field::integer("tail", 0, 31, 0), Field::integer("fnuz", 0, 1, 0),
      Field::choice("maximum", {"448", "240", "224"}), Field::integer("has_bias", 0, 1, 0),
      // of x where the op quantises it
      Field::choice("x_dtype", {"bf16", "f16"}), Field::choice("out_dtype", {"f32", "bf16", "f16"}),
      Field::choice("values", quant_value_names()), Field::integer("seed", 0, 1 << 30, 0)};
  for (const std::string& operand : kOperands) {
    // The stride of the last axis in the order, elements after each row and each slab, elements in
    // front.
    schema.fields.push_back(Field::choice(operand + ".order", kOrders));
    schema.fields.push_back(Field::integer(operand + ".step", 1, 8, 1));
    schema.fields.push_back(Field::integer(operand + ".row_gap", 0, kMostGap, 0));
    schema.fields.push_back(Field::integer(operand + ".slab_gap", 0, kMostGap, 0));
    schema.fields.push_back(Field::integer(operand + ".offset", 0, kMostGap, 0));
  }
  // Slabs of a larger buffer that the call does not see.
  schema.fields.push_back(Field::integer("out.pad_slabs", 0, 4096, 0));
  return schema;
}

Layout layout_of(const Case& c, const std::string& name, const std::vector<std::int64_t>& shape) {
  // The scale for the whole of w has nothing to lay out but its place.
  if (shape.size() == 1) return Layout::strided(shape, {1}, c.integer("w.offset"));
  // The bias has no third axis: what its order says of the others holds.
  std::vector<std::size_t> order;
  for (const char axis : c.choice(name + ".order")) {
    const auto place = static_cast<std::size_t>(axis - '0');
    if (place < shape.size()) order.push_back(place);
  }
  std::vector<std::int64_t> stride(shape.size());
  std::int64_t step = c.integer(name + ".step");
  for (std::size_t i = shape.size(); i-- > 0;) {
    stride[order[i]] = step;
    step = step * shape[order[i]] + c.integer(name + (i == 2 ? ".row_gap" : ".slab_gap"));
  }
  Layout layout = Layout::strided(shape, stride, c.integer(name + ".offset"));
  if (name == "out") {
    // Storage that no index reaches, which the canaries watch like a gap.
    const std::int64_t slabs = shape[order[0]] + c.integer("out.pad_slabs");
    layout.storage = layout.offset + slabs * stride[order[0]];
  }
  return layout;
}

// Of the large operands: everything but the scale for the whole of w.
std::vector<Layout> layouts_of(const Case& c, const QuantSizes& s) {
  const std::int64_t codes = is_fp8(c) ? s.depth : s.depth / 2;
  std::vector<Layout> layouts{
      layout_of(c, "x", {s.tokens, s.heads, is_packed(c) ? codes : s.depth}),
      layout_of(c, "w", {s.heads, s.columns, codes}),
      layout_of(c, "out", {s.tokens, s.heads, s.columns})};
  if (is_fp8(c)) {
    layouts.push_back(layout_of(c, "bias", {s.heads, s.columns}));
  } else {
    layouts.push_back(layout_of(c, "x_scales", {s.tokens, s.heads, s.depth / kMxBlock}));
    layouts.push_back(layout_of(c, "w_scales", {s.heads, s.columns, s.depth / kMxBlock}));
  }
  return layouts;
}

class QuantizedBmmModel final : public OpModel {
 public:
  const Schema& schema() const override {
    static const Schema kSchema = make_schema();
    return kSchema;
  }

  std::vector<std::string> tile_axes() const override { return {"T", "H", "V", "blocks"}; }

  Case generate(Random& random, const std::vector<Tile>& tiles) const override {
    Case c(schema());
    c.set("form", random.pick(kForms));
    draw_sizes(random, tiles, c);
    if (is_fp8(c)) draw_fp8(random, c);
    c.set("x_dtype", random.chance(50) ? "bf16" : "f16");
    c.set("out_dtype", random.pick<std::string>({"f32", "bf16", "bf16", "f16"}));
    c.set("values", random.pick(quant_value_names())).set("seed", random.between(0, 1 << 30));
    for (const std::string& operand : kOperands) {
      if (random.chance(70)) draw_layout(random, c, operand);
    }
    if (random.chance(50)) c.set("out.pad_slabs", random.between(1, 5));
    return c;
  }

  std::string inadmissible(const Case& c) const override {
    if (is_fp8(c)) {
      if (c.integer("splits") != 1)
        return "form fp8 fixes the order of its groups and has no splits";
      if (c.flag("fnuz") && c.choice("maximum") == "448") return "448 is no number of E4M3FNUZ";
    } else if (c.integer("tail") != 0) {
      return "MXFP4 has whole blocks of 32 only";
    }
    const QuantSizes s = sizes_of(c);
    std::string reason = too_many_products({s.tokens, s.heads, s.columns, s.depth});
    return reason.empty() ? too_much_storage(layouts_of(c, s)) : reason;
  }

  bool same_rules_for_all_variants() const override { return true; }

  Problem materialise(const Case& c, std::string_view /*variant*/) const override {
    const QuantSizes s = sizes_of(c);
    const QuantValues values = quant_values(c.choice("values"));
    const auto seed = static_cast<std::uint64_t>(c.integer("seed"));
    const DType x_dtype = is_packed(c) ? DType::bf16 : *dtype_from_name(c.choice("x_dtype"));
    const std::int64_t blocks = s.depth / kMxBlock;
    Problem problem;
    const auto add_input =
        [&](const std::string& name, DType dtype, const std::vector<std::int64_t>& shape,
            std::vector<std::uint32_t> bits, CodeFormat format = CodeFormat::plain) {
          Operand operand;
          operand.name = name;
          operand.dtype = dtype;
          operand.format = format;
          operand.layout = layout_of(c, name, shape);
          operand.bits = std::move(bits);
          // Nothing may be read for an output without elements.
          if (s.tokens * s.heads * s.columns == 0)
            operand.cells.assign(operand.bits.size(), Cell::dead);
          problem.operands.push_back(std::move(operand));
        };
    if (is_fp8(c)) {
      const double largest = static_cast<double>(maximum_of(c));
      add_input("x", DType::bf16, {s.tokens, s.heads, s.depth},
                fp8_x_bits(values, seed, largest, s));
      add_input("w", DType::u8, {s.heads, s.columns, s.depth},
                fp8_w_codes(values, c.flag("fnuz"), seed, s),
                c.flag("fnuz") ? CodeFormat::e4m3fnuz : CodeFormat::e4m3fn);
      add_input("w_scale", DType::f32, {1}, {fp8_w_scale(values, seed)});
      if (c.flag("has_bias")) {
        add_input("bias", DType::bf16, {s.heads, s.columns}, fp8_bias_bits(seed, s));
      }
    } else {
      if (is_packed(c)) {
        MxBits x = quant_x_codes(values, seed, s);
        add_input("x", DType::u8, {s.tokens, s.heads, s.depth / 2}, std::move(x.pairs),
                  CodeFormat::e2m1_pairs);
        add_input("x_scales", DType::u8, {s.tokens, s.heads, blocks}, std::move(x.scales),
                  CodeFormat::e8m0);
      } else {
        add_input("x", x_dtype, {s.tokens, s.heads, s.depth},
                  quant_x_bits(values, x_dtype, seed, s));
      }
      MxBits w = quant_w_codes(values, x_dtype, seed, s);
      add_input("w", DType::u8, {s.heads, s.columns, s.depth / 2}, std::move(w.pairs),
                CodeFormat::e2m1_pairs);
      add_input("w_scales", DType::u8, {s.heads, s.columns, blocks}, std::move(w.scales),
                CodeFormat::e8m0);
    }
    Operand out;
    out.name = "out";
    out.dtype = *dtype_from_name(c.choice("out_dtype"));
    out.access = Access::output;
    out.layout = layout_of(c, "out", {s.tokens, s.heads, s.columns});
    problem.operands.push_back(std::move(out));
    problem.integers = {{"form", form_number(c)},
                        {"splits", c.integer("splits")},
                        {"fnuz", c.integer("fnuz")},
                        {"maximum", maximum_of(c)}};
    return problem;
  }

  // Every number that may be 0 becomes 0 or stops being 0, and all axes change places.
  Case layout_twin(const Case& c) const override {
    Case twin = c;
    std::int64_t other = 1;
    const auto flip = [&](const std::string& field, std::int64_t none) {
      twin.set(field, c.integer(field) == none ? none + other : none);
      other = other % 7 + 2;
    };
    for (const std::string& operand : kOperands) {
      const auto order = std::find(kOrders.begin(), kOrders.end(), c.choice(operand + ".order"));
      twin.set(operand + ".order", order + 1 == kOrders.end() ? kOrders.front() : *(order + 1));
      twin.set(operand + ".step", c.integer(operand + ".step") == 1 ? 2 : 1);
      flip(operand + ".row_gap", 0);
      flip(operand + ".slab_gap", 0);
      flip(operand + ".offset", 0);
    }
    flip("out.pad_slabs", 0);
    return twin;
  }

  std::vector<Relation> relations(const Case&, const Problem& problem,
                                  Random& random) const override {
    return quantized_bmm_relations(problem, random);
  }

  std::optional<Cost> cost(const Case&, const Problem& problem,
                           std::string_view variant) const override {
    return quantized_bmm_cost(problem, variant);
  }
  Case cost_case() const override {
    return Case(schema())
        .set("T", 64)
        .set("H", 16)
        .set("V", 128)
        .set("blocks", 16)
        .set("out_dtype", "bf16");
  }

  Check value_check(const Case& c) const override {
    switch (quant_values(c.choice("values"))) {
      case QuantValues::x_one_hot:
      case QuantValues::w_one_hot:
        return Check::probe;
      case QuantValues::every_code:
      case QuantValues::ties:
      case QuantValues::boundaries:
        return Check::quantisation;
      default:
        return OpModel::value_check(c);
    }
  }

  bool has_edge_values(const Case& c) const override {
    const QuantValues values = quant_values(c.choice("values"));
    return values == QuantValues::special || values == QuantValues::tiny ||
           values == QuantValues::zero_rows || sizes_of(c).depth == 0;
  }

 private:
  // Blocks of kernel tiles, as a measure of what a case costs.
  static std::int64_t work(std::int64_t tokens, std::int64_t heads, std::int64_t columns,
                           std::int64_t blocks) {
    return heads * (tokens / 16 + 1) * (columns / 64 + 1) * (blocks + 1);
  }

  static void draw_sizes(Random& random, const std::vector<Tile>& tiles, Case& c) {
    // Query absorption and value up-projection of real models: K of 128, 192 and 512.
    static const std::vector<std::int64_t> kBlocks{4, 6, 16};
    static const std::vector<std::int64_t> kColumns{64, 96, 128, 192};
    std::int64_t tokens = draw_extent(random, tiles, "T", 40, true);
    std::int64_t heads = draw_extent(random, tiles, "H", 10, random.chance(10));
    std::int64_t columns =
        random.chance(10) ? random.pick(kColumns) : draw_extent(random, tiles, "V", 160, true);
    std::int64_t blocks = random.chance(15)
                              ? random.pick(kBlocks)
                              : draw_extent(random, tiles, "blocks", 9, random.chance(25));
    const std::int64_t budget = random.chance(2) ? 300 : 40;
    // Heads are independent, so a case with few of them loses least.
    while (work(tokens, heads, columns, blocks) > budget && heads > 2) heads /= 2;
    while (work(tokens, heads, columns, blocks) > budget) {
      const std::array<std::int64_t*, 3> axes{&tokens, &columns, &blocks};
      *axes[static_cast<std::size_t>(random.between(0, 2))] /= 2;
    }
    c.set("T", tokens).set("H", heads).set("V", columns).set("blocks", blocks);
    // More splits than blocks leave some of them empty.
    if (!is_fp8(c) && random.chance(40))
      c.set("splits", random.between(2, random.chance(20) ? 9 : 4));
  }

  static void draw_fp8(Random& random, Case& c) {
    if (random.chance(40)) c.set("tail", random.between(1, 31));
    c.set("fnuz", random.chance(50) ? 1 : 0);
    static const std::vector<std::string> kOfFnuz{"240", "224"};
    if (c.flag("fnuz")) {
      c.set("maximum", random.pick(kOfFnuz));
    } else if (random.chance(20)) {
      c.set("maximum", "240");
    }
    c.set("has_bias", random.chance(40) ? 1 : 0);
  }

  static void draw_layout(Random& random, Case& c, const std::string& operand) {
    c.set(operand + ".order", random.pick(kOrders));
    if (random.chance(20)) c.set(operand + ".step", random.between(2, 4));
    c.set(operand + ".row_gap", draw_gap(random));
    c.set(operand + ".slab_gap", draw_gap(random));
    c.set(operand + ".offset", draw_offset(random));
  }
};

}  // namespace

const OpModel& quantized_bmm_model() {
  static const QuantizedBmmModel kModel;
  return kModel;
}

}  // namespace mlacheck
