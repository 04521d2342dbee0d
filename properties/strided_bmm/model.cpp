#include "properties/strided_bmm/model.hpp"

#include <algorithm>
#include <array>

#include "properties/common/case_size.hpp"
#include "properties/strided_bmm/values.hpp"

namespace mlacheck {
namespace {

constexpr std::int64_t kMostGap = 4096;
const std::vector<std::string> kLayouts{"dense", "latent_fast", "heads_interleaved", "scattered"};

const std::vector<std::string> kSharing{"own", "equal", "broadcast"};

BmmSizes sizes_of(const Case& c) {
  return {c.integer("B"), c.integer("N"), c.integer("L"), c.integer("V")};
}

std::int64_t outputs_of(const BmmSizes& sizes) { return sizes.rows * sizes.heads * sizes.columns; }

DType dtype_of(const Case& c) { return *dtype_from_name(c.choice("dtype")); }

Schema make_schema() {
  Schema schema;
  schema.op = "strided_bmm";
  schema.fields = {
      Field::integer("B", 0, 4096, 1), Field::integer("N", 0, 256, 1),
      Field::integer("L", 0, 8192, 1), Field::integer("V", 0, 4096, 1),
      Field::choice("dtype", {"f32", "f16", "bf16"}), Field::choice("values", bmm_value_names()),
      Field::integer("seed", 0, 1 << 30, 0),
      // x [B, N, L]: heads that the producer padded each row with, elements after each head and
      // each row, elements in front; heads_first is the [N, B, L] memory of a K-side sibling
      Field::integer("x.heads_first", 0, 1, 0), Field::integer("x.pad_heads", 0, 256, 0),
      Field::integer("x.head_gap", 0, kMostGap, 0), Field::integer("x.row_gap", 0, kMostGap, 0),
      Field::integer("x.offset", 0, kMostGap, 0),
      // own values for each row; one row's values for all, each in its place; one row in memory,
      // seen with row stride 0
      Field::choice("x.rows", kSharing),
      // w [N, L, V]: layout A, layout B, dense, or one in which no axis has unit stride; `nope` is
      // the P of A and B, and of the others the gap between heads
      Field::choice("w.layout", kLayouts), Field::integer("w.nope", 0, kMostGap, 0),
      Field::integer("w.row_gap", 0, kMostGap, 0), Field::integer("w.offset", 0, kMostGap, 0),
      // the same for w along l
      Field::choice("w.rows", kSharing),
      // out [B, N, V]: elements after each head and each row, rows after the last one, elements in
      // front; heads_first is [N, B, V] memory
      Field::integer("out.heads_first", 0, 1, 0), Field::integer("out.head_gap", 0, kMostGap, 0),
      Field::integer("out.row_gap", 0, kMostGap, 0), Field::integer("out.pad_rows", 0, 4096, 0),
      Field::integer("out.offset", 0, kMostGap, 0)};
  return schema;
}

Layout x_layout(const Case& c, const BmmSizes& s) {
  const std::int64_t step = s.latent + c.integer("x.head_gap");
  const std::int64_t gap = c.integer("x.row_gap");
  const std::int64_t row =
      c.flag("x.heads_first") ? step : (s.heads + c.integer("x.pad_heads")) * step + gap;
  const std::int64_t head = c.flag("x.heads_first") ? s.rows * step + gap : step;
  if (c.choice("x.rows") == "broadcast") {
    return Layout::strided({s.rows, s.heads, s.latent}, {0, step, 1}, c.integer("x.offset"));
  }
  return Layout::strided({s.rows, s.heads, s.latent}, {row, head, 1}, c.integer("x.offset"));
}

Layout w_layout(const Case& c, const BmmSizes& s) {
  const std::string& layout = c.choice("w.layout");
  const std::int64_t nope = c.integer("w.nope");
  const std::int64_t gap = c.integer("w.row_gap");
  const std::vector<std::int64_t> shape{s.heads, s.latent, s.columns};
  const std::int64_t offset = c.integer("w.offset");
  if (c.choice("w.rows") == "broadcast") {
    return Layout::strided(shape, {s.columns + gap, 0, 1}, offset);
  }
  if (layout == "latent_fast") {
    const std::int64_t row = s.latent + gap;
    return Layout::strided(shape, {(nope + s.columns) * row, 1, row}, offset + nope * row);
  }
  if (layout == "heads_interleaved") {
    const std::int64_t head = nope + s.columns;
    return Layout::strided(shape, {head, s.heads * head + gap, 1}, offset + nope);
  }
  const std::int64_t step = layout == "scattered" ? 2 : 1;
  const std::int64_t row = step * s.columns + gap;
  return Layout::strided(shape, {s.latent * row + nope, row, step}, offset);
}

// Every row of `axis` as the first one.
void share_rows(std::vector<std::uint32_t>& bits, const std::vector<std::int64_t>& shape,
                std::size_t axis) {
  std::size_t inner = 1;
  for (std::size_t k = axis + 1; k < shape.size(); ++k) inner *= static_cast<std::size_t>(shape[k]);
  const std::size_t block = inner * static_cast<std::size_t>(shape[axis]);
  for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = bits[i / block * block + i % inner];
}

Layout out_layout(const Case& c, const BmmSizes& s) {
  const std::int64_t head = s.columns + c.integer("out.head_gap");
  if (c.flag("out.heads_first")) {
    // All rows of one head, padding rows included, then the next head.
    const std::int64_t next =
        (s.rows + c.integer("out.pad_rows")) * head + c.integer("out.row_gap");
    Layout layout =
        Layout::strided({s.rows, s.heads, s.columns}, {head, next, 1}, c.integer("out.offset"));
    layout.storage = layout.offset + s.heads * next;
    return layout;
  }
  const std::int64_t row = s.heads * head + c.integer("out.row_gap");
  Layout layout =
      Layout::strided({s.rows, s.heads, s.columns}, {row, head, 1}, c.integer("out.offset"));
  // The call sees rows [0, B) of a larger buffer. The rest of it is storage that no index reaches,
  // which the canaries watch like a gap.
  layout.storage = layout.offset + (s.rows + c.integer("out.pad_rows")) * row;
  return layout;
}

class StridedBmmModel final : public OpModel {
 public:
  const Schema& schema() const override {
    static const Schema kSchema = make_schema();
    return kSchema;
  }

  std::vector<std::string> tile_axes() const override { return {"B", "N", "L", "V"}; }

  Case generate(Random& random, const std::vector<Tile>& tiles) const override {
    Case c(schema());
    draw_sizes(random, tiles, c);
    draw_contents(random, c);
    if (random.chance(75)) draw_x_layout(random, c);
    if (random.chance(75)) draw_w_layout(random, c);
    if (random.chance(75)) draw_out_layout(random, c);
    return c;
  }

  std::vector<Case> required_cases() const override;

  std::string inadmissible(const Case& c) const override {
    // The other classes are made of values that belong together.
    const bool shared = c.choice("x.rows") != "own" || c.choice("w.rows") != "own";
    const std::string& values = c.choice("values");
    if (shared && values != "integers" && values != "normal" && values != "one_signed") {
      return "rows share their values, which class " + values + " does not allow";
    }
    const BmmSizes s = sizes_of(c);
    std::string reason = too_many_products({s.rows, s.heads, s.latent, s.columns});
    if (!reason.empty()) return reason;
    return too_much_storage({x_layout(c, s), w_layout(c, s), out_layout(c, s)});
  }

  bool same_rules_for_all_variants() const override { return true; }

  Problem materialise(const Case& c, std::string_view /*variant*/) const override {
    const BmmSizes sizes = sizes_of(c);
    const DType dtype = dtype_of(c);
    const BmmValues values = bmm_values(c.choice("values"));
    const auto seed = static_cast<std::uint64_t>(c.integer("seed"));
    Operand x;
    x.name = "x";
    x.layout = x_layout(c, sizes);
    x.bits = bmm_x_bits(values, dtype, seed, sizes);
    if (c.choice("x.rows") != "own") share_rows(x.bits, x.layout.shape, 0);
    Operand w;
    w.name = "w";
    w.layout = w_layout(c, sizes);
    w.bits = bmm_w_bits(values, dtype, seed, sizes);
    if (c.choice("w.rows") != "own") share_rows(w.bits, w.layout.shape, 1);
    Operand out;
    out.name = "out";
    out.access = Access::output;
    out.layout = out_layout(c, sizes);
    x.dtype = w.dtype = out.dtype = dtype;
    Problem problem;
    problem.operands = {std::move(x), std::move(w), std::move(out)};
    return problem;
  }

  // Every number that may be 0 becomes 0 or stops being 0, and the weights change axes.
  Case layout_twin(const Case& c) const override {
    Case twin = c;
    const auto flip = [&](const char* field, std::int64_t other) {
      twin.set(field, c.integer(field) == 0 ? other : 0);
    };
    flip("x.heads_first", 1);
    flip("x.pad_heads", 2);
    flip("x.head_gap", 3);
    flip("x.row_gap", 8);
    flip("x.offset", 1);
    const auto layout = std::find(kLayouts.begin(), kLayouts.end(), c.choice("w.layout"));
    twin.set("w.layout", layout + 1 == kLayouts.end() ? kLayouts.front() : *(layout + 1));
    flip("w.nope", 5);
    flip("w.row_gap", 7);
    flip("w.offset", 3);
    for (const char* field : {"x.rows", "w.rows"}) {
      if (c.choice(field) == "own") continue;
      twin.set(field, c.choice(field) == "equal" ? "broadcast" : "equal");
    }
    flip("out.heads_first", 1);
    flip("out.head_gap", 1);
    flip("out.row_gap", 9);
    flip("out.pad_rows", 2);
    flip("out.offset", 5);
    return twin;
  }

  std::vector<Relation> relations(const Case&, const Problem& problem,
                                  Random& random) const override {
    return strided_bmm_relations(problem, random);
  }

  std::optional<Cost> cost(const Case&, const Problem& problem,
                           std::string_view variant) const override {
    return strided_bmm_cost(problem, variant);
  }
  Case cost_case() const override {
    return Case(schema()).set("B", 64).set("N", 16).set("L", 512).set("V", 128).set("dtype",
                                                                                    "bf16");
  }

  bool has_edge_values(const Case& c) const override {
    const BmmValues values = bmm_values(c.choice("values"));
    return values == BmmValues::special || values == BmmValues::overflow ||
           values == BmmValues::tiny || values == BmmValues::zeros || c.integer("L") == 0;
  }

 private:
  // Slabs of kernel tiles, as a measure of what a case costs.
  static std::int64_t cost(const BmmSizes& s) {
    return s.heads * (s.rows / 16 + 1) * (s.columns / 64 + 1) * (s.latent / 32 + 1);
  }

  static void draw_sizes(Random& random, const std::vector<Tile>& tiles, Case& c) {
    // L and V of real models.
    static const std::vector<std::int64_t> kLatents{256, 512};
    static const std::vector<std::int64_t> kColumns{64, 128, 192, 256};
    BmmSizes s{};
    s.rows = draw_extent(random, tiles, "B", 40, true);
    s.heads = draw_extent(random, tiles, "N", 12, random.chance(10));
    s.latent =
        random.chance(10) ? random.pick(kLatents) : draw_extent(random, tiles, "L", 300, true);
    s.columns =
        random.chance(10) ? random.pick(kColumns) : draw_extent(random, tiles, "V", 200, true);
    const std::int64_t budget = random.chance(2) ? 600 : 50;
    // Heads are independent, so a case with few of them loses least.
    while (cost(s) > budget && s.heads > 2) s.heads /= 2;
    while (cost(s) > budget) {
      const std::array<std::int64_t*, 3> axes{&s.rows, &s.columns, &s.latent};
      *axes[static_cast<std::size_t>(random.between(0, 2))] /= 2;
    }
    c.set("B", s.rows).set("N", s.heads).set("L", s.latent).set("V", s.columns);
  }

  static void draw_contents(Random& random, Case& c) {
    c.set("dtype", random.pick<std::string>({"f32", "f16", "bf16"}));
    std::string values = random.pick(bmm_value_names());
    // One or two sums may happen to cancel so far that their bound exceeds them, and then the case
    // would prove nothing.
    constexpr std::int64_t kFewOutputs = 4;
    if (outputs_of(sizes_of(c)) < kFewOutputs && !exact_sums(bmm_values(values))) {
      values = "large_integers";
    }
    c.set("values", values).set("seed", random.between(0, 1 << 30));
  }

  static void draw_x_layout(Random& random, Case& c) {
    c.set("x.heads_first", random.chance(20) ? 1 : 0);
    if (random.chance(40)) c.set("x.pad_heads", random.between(1, 8));
    if (random.chance(40)) c.set("x.head_gap", draw_gap(random));
    c.set("x.row_gap", draw_gap(random)).set("x.offset", draw_offset(random));
    draw_sharing(random, c, "x.rows");
  }

  static void draw_w_layout(Random& random, Case& c) {
    static const std::vector<std::int64_t> kNopes{0, 1, 7, 8, 64, 128};
    // Scattered weights are rare in life and here.
    const std::string layout = random.chance(10) ? "scattered" : random.pick(kLayouts);
    c.set("w.layout", layout).set("w.nope", random.pick(kNopes));
    if (random.chance(40)) c.set("w.row_gap", draw_gap(random));
    c.set("w.offset", draw_offset(random));
    draw_sharing(random, c, "w.rows");
  }

  // Views that repeat one row are rare in life; they are where a leading dimension is smaller than
  // a row.
  static void draw_sharing(Random& random, Case& c, const char* field) {
    const std::string& values = c.choice("values");
    if (values != "integers" && values != "normal" && values != "one_signed") return;
    if (random.chance(15)) c.set(field, random.chance(50) ? "equal" : "broadcast");
  }

  static void draw_out_layout(Random& random, Case& c) {
    c.set("out.heads_first", random.chance(20) ? 1 : 0);
    if (random.chance(30)) c.set("out.head_gap", draw_gap(random));
    c.set("out.row_gap", draw_gap(random)).set("out.offset", draw_offset(random));
    if (random.chance(60)) c.set("out.pad_rows", random.between(1, 5));
  }
};

std::vector<Case> StridedBmmModel::required_cases() const {
  std::vector<Case> cases;
  const auto add = [&](const BmmSizes& s, std::string_view dtype, std::string_view values,
                       std::string_view layout, std::int64_t nope) -> Case& {
    Case c(schema());
    c.set("B", s.rows).set("N", s.heads).set("L", s.latent).set("V", s.columns);
    c.set("dtype", dtype).set("values", values).set("seed", 1);
    c.set("w.layout", layout).set("w.nope", nope);
    cases.push_back(std::move(c));
    return cases.back();
  };
  // Real models: B, N, L, V. DeepSeek-V3 and R1 on one rank, on eight ranks in all three layouts,
  // and with heads that the attention kernel padded to 128; DeepSeek-V2-Lite; Kimi-K2 and Kimi-K3;
  // GLM-5 (its layout A begins at element 98304); Mistral-Small-4; MiniCPM3.
  add({1, 128, 512, 128}, "bf16", "integers", "latent_fast", 128);
  add({3, 16, 512, 128}, "bf16", "normal", "latent_fast", 128).set("out.pad_rows", 5);
  add({2, 16, 512, 128}, "f16", "normal", "heads_interleaved", 128);
  add({2, 16, 512, 128}, "f32", "normal", "dense", 0);
  add({2, 16, 512, 128}, "bf16", "large_integers", "dense", 0).set("x.pad_heads", 112);
  add({1, 16, 512, 128}, "bf16", "w_positions", "heads_interleaved", 128);
  add({3, 8, 512, 128}, "bf16", "cancelling", "latent_fast", 128).set("out.row_gap", 64);
  add({2, 6, 512, 128}, "bf16", "one_signed", "latent_fast", 128);
  add({2, 16, 512, 256}, "bf16", "normal", "latent_fast", 192);
  add({2, 16, 256, 128}, "f16", "normal", "heads_interleaved", 64);
  add({2, 40, 256, 64}, "bf16", "x_positions", "latent_fast", 64);
  // An odd number of heads; more rows than a tile; what the optimisation's own text uses.
  add({2, 5, 512, 128}, "bf16", "normal", "heads_interleaved", 128).set("out.row_gap", 1);
  add({17, 2, 64, 65}, "bf16", "normal", "latent_fast", 16).set("out.offset", 1);
  add({3, 2, 4, 2}, "f32", "integers", "dense", 0);
  // Alignment broken on purpose, one tensor at a time.
  add({5, 4, 128, 64}, "bf16", "normal", "latent_fast", 8).set("x.offset", 1);
  add({5, 4, 128, 64}, "bf16", "normal", "dense", 0).set("w.offset", 1);
  add({5, 4, 128, 64}, "f16", "normal", "dense", 0).set("out.offset", 1);
  add({5, 4, 128, 64}, "f32", "normal", "scattered", 1).set("x.row_gap", 1);
  // The defect that removing the copy also removed: a larger row stride.
  add({64, 2, 32, 32}, "bf16", "normal", "latent_fast", 32).set("out.row_gap", 64);
  // Broadcast views, and an output with the heads outside.
  add({5, 3, 40, 24}, "f32", "normal", "dense", 0).set("x.rows", "broadcast");
  add({5, 3, 40, 24}, "bf16", "integers", "dense", 0).set("w.rows", "broadcast");
  add({5, 8, 40, 4}, "f32", "normal", "dense", 0).set("out.heads_first", 1);
  // One row, one head.
  add({1, 2, 40, 24}, "f16", "normal", "dense", 0).set("out.row_gap", 3);
  add({4, 1, 40, 24}, "bf16", "normal", "heads_interleaved", 3);
  // Special values in all types.
  for (const char* dtype : {"f32", "f16", "bf16"}) {
    for (const char* values : {"special", "overflow", "tiny", "zeros", "wide"}) {
      add({5, 4, 48, 40}, dtype, values, "latent_fast", 8).set("out.pad_rows", 1);
    }
  }
  // Nothing to add up; no row; no head; no column.
  add({3, 4, 0, 40}, "bf16", "integers", "dense", 0).set("out.row_gap", 3);
  add({0, 4, 32, 16}, "bf16", "normal", "dense", 0).set("out.pad_rows", 4);
  add({3, 0, 32, 16}, "bf16", "normal", "dense", 0);
  add({3, 4, 32, 0}, "bf16", "normal", "dense", 0).set("out.pad_rows", 2);
  return cases;
}

}  // namespace

const OpModel& strided_bmm_model() {
  static const StridedBmmModel kModel;
  return kModel;
}

}  // namespace mlacheck
