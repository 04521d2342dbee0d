#include "properties/merge_states/model.hpp"

#include <algorithm>

#include "properties/common/case_size.hpp"
#include "properties/common/state_layout.hpp"
#include "properties/common/state_lse.hpp"
#include "properties/common/values.hpp"

namespace mlacheck {
namespace {

const std::vector<std::string> kTensors{"prefix_out", "prefix_lse", "suffix_out",
                                        "suffix_lse", "out",        "lse_out"};
constexpr std::uint64_t kPrefix = 0;
constexpr std::uint64_t kSuffix = 1;

Schema make_schema() {
  Schema schema;
  schema.op = "merge_states";
  schema.fields = {
      Field::integer("T", 0, 100000, 1), Field::integer("N", 0, 256, 1),
      Field::integer("D", 0, 2048, 1), Field::integer("copied", 0, 4096, 0),  // tokens past C
      Field::integer("lse_wanted", 0, 1, 0), Field::choice("dtype", {"f32", "f16", "bf16"}),
      Field::choice("values", value_class_names()), Field::choice("lse", lse_class_names()),
      // which sides are empty: in all rows, or drawn for each row and side
      Field::choice("empty", {"none", "prefix", "suffix", "both", "some"}),
      Field::choice("lse_empty", empty_lse_names()), Field::integer("seed", 0, 1 << 30, 0)};
  for (const std::string& tensor : kTensors) add_layout_fields(schema, tensor);
  return schema;
}

// What the elements of a case depend on, looked up once.
struct Rows {
  explicit Rows(const Case& c)
      : tokens(c.integer("T")),
        heads(c.integer("N")),
        context_tokens(tokens - c.integer("copied")),
        seed(static_cast<std::uint64_t>(c.integer("seed"))),
        empty(c.choice("empty")),
        convention(c.choice("lse_empty")),
        lse(lse_class(c.choice("lse"))) {}

  bool is_empty(std::int64_t token, std::int64_t head, std::uint64_t part) const {
    if (empty == "none") return false;
    if (empty == "both") return true;
    if (empty == "prefix") return part == kPrefix;
    if (empty == "suffix") return part == kSuffix;
    return random_bits(seed, stream_of("empty") + part, row(token, head)) % 3 == 0;
  }

  double lse_of(std::int64_t token, std::int64_t head, std::uint64_t part) const {
    const std::uint64_t r = row(token, head);
    if (is_empty(token, head, part)) return empty_lse(convention, seed, r, part);
    return lse_value(lse, seed, r, part);
  }

  // Past C nothing of the prefix counts, and the suffix is copied whatever its LSE says.
  Cell cell(std::int64_t token, std::int64_t head, std::uint64_t part) const {
    if (token >= context_tokens) return part == kPrefix ? Cell::dead : Cell::live;
    return is_empty(token, head, part) ? Cell::dead : Cell::live;
  }

  std::uint64_t row(std::int64_t token, std::int64_t head) const {
    return static_cast<std::uint64_t>(token * heads + head);
  }

  std::int64_t tokens;
  std::int64_t heads;
  std::int64_t context_tokens;
  std::uint64_t seed;
  std::string empty;
  std::string convention;
  LseClass lse;
};

Operand values_operand(const Case& c, const Rows& rows, const std::string& name,
                       std::uint64_t part) {
  Operand operand;
  operand.name = name;
  operand.dtype = *dtype_from_name(c.choice("dtype"));
  const std::int64_t width = c.integer("D");
  operand.layout = value_layout(layout_of(c, name), rows.tokens, rows.heads, width);
  operand.bits = fill(operand.dtype, value_class(c.choice("values")), rows.seed, name,
                      operand.layout.elements());
  for (std::int64_t token = 0; token < rows.tokens; ++token) {
    for (std::int64_t head = 0; head < rows.heads; ++head) {
      operand.cells.insert(operand.cells.end(), static_cast<std::size_t>(width),
                           rows.cell(token, head, part));
    }
  }
  return operand;
}

Operand lse_operand(const Case& c, const Rows& rows, const std::string& name, std::uint64_t part) {
  Operand operand;
  operand.name = name;
  operand.role = Role::lse;
  operand.layout = lse_layout(layout_of(c, name), rows.tokens, rows.heads);
  for (std::int64_t head = 0; head < rows.heads; ++head) {
    for (std::int64_t token = 0; token < rows.tokens; ++token) {
      operand.bits.push_back(encode(DType::f32, rows.lse_of(token, head, part)));
      const bool dead = part == kPrefix && token >= rows.context_tokens;
      operand.cells.push_back(dead ? Cell::dead : Cell::live);
    }
  }
  return operand;
}

class MergeStatesModel final : public OpModel {
 public:
  const Schema& schema() const override {
    static const Schema kSchema = make_schema();
    return kSchema;
  }

  std::vector<std::string> tile_axes() const override { return {"D", "N", "groups"}; }

  Case generate(Random& random, const std::vector<Tile>& tiles) const override {
    Case c(schema());
    draw_sizes(random, tiles, c);
    draw_values(random, c);
    if (random.chance(70)) {
      for (const std::string& tensor : kTensors) set_layout(c, tensor, draw_state_layout(random));
    }
    return c;
  }

  std::string inadmissible(const Case& c) const override {
    if (c.integer("copied") > c.integer("T")) return "more copied tokens than tokens";
    if (c.choice("values") == "special" && weights_may_vanish(lse_class(c.choice("lse")))) {
      return "an infinite element times a weight that underflows has no agreed answer";
    }
    std::vector<Layout> layouts;
    for (const char* tensor : {"prefix_out", "suffix_out", "out"}) {
      layouts.push_back(
          value_layout(layout_of(c, tensor), c.integer("T"), c.integer("N"), c.integer("D")));
    }
    for (const char* tensor : {"prefix_lse", "suffix_lse", "lse_out"}) {
      layouts.push_back(lse_layout(layout_of(c, tensor), c.integer("T"), c.integer("N")));
    }
    return too_much_storage(layouts);
  }

  bool same_rules_for_all_variants() const override { return true; }

  Problem materialise(const Case& c, std::string_view) const override {
    const Rows rows(c);
    Problem problem;
    problem.operands = {values_operand(c, rows, "prefix_out", kPrefix),
                        lse_operand(c, rows, "prefix_lse", kPrefix),
                        values_operand(c, rows, "suffix_out", kSuffix),
                        lse_operand(c, rows, "suffix_lse", kSuffix)};
    Operand out;
    out.name = "out";
    out.dtype = *dtype_from_name(c.choice("dtype"));
    out.access = Access::output;
    out.layout = value_layout(layout_of(c, "out"), rows.tokens, rows.heads, c.integer("D"));
    problem.operands.push_back(std::move(out));
    if (c.flag("lse_wanted")) {
      Operand lse_out;
      lse_out.name = "lse_out";
      lse_out.role = Role::lse;
      lse_out.access = Access::output;
      lse_out.layout = lse_layout(layout_of(c, "lse_out"), rows.tokens, rows.heads);
      problem.operands.push_back(std::move(lse_out));
    }
    problem.integers = {{"prefill_tokens_with_context", rows.context_tokens}};
    return problem;
  }

  Case layout_twin(const Case& c) const override {
    Case twin = c;
    for (const std::string& tensor : kTensors) {
      set_layout(twin, tensor, twin_of(layout_of(c, tensor)));
    }
    return twin;
  }

  std::vector<Relation> relations(const Case&, const Problem& problem,
                                  Random& random) const override {
    return merge_states_relations(problem, random);
  }

  std::optional<Cost> cost(const Case&, const Problem& problem,
                           std::string_view variant) const override {
    return merge_states_cost(problem, variant);
  }
  Case cost_case() const override {
    return Case(schema())
        .set("T", 1024)
        .set("N", 16)
        .set("D", 128)
        .set("lse_wanted", 1)
        .set("dtype", "bf16");
  }

  bool has_edge_values(const Case& c) const override {
    const LseClass lse = lse_class(c.choice("lse"));
    const bool plain_lse =
        lse == LseClass::equal || lse == LseClass::near || lse == LseClass::independent;
    return !plain_lse || c.choice("empty") != "none" || c.choice("values") == "special";
  }

 private:
  static void draw_sizes(Random& random, const std::vector<Tile>& tiles, Case& c) {
    // Widths of real models and those whose rows straddle warps (48, 96, 192).
    static const std::vector<std::int64_t> kWidths{32, 48, 64, 96, 128, 192, 256, 320, 512, 576};
    std::int64_t tokens = draw_extent(random, tiles, "groups", 64, true);
    std::int64_t heads = draw_extent(random, tiles, "N", 40, random.chance(10));
    const std::int64_t width =
        random.chance(30) ? random.pick(kWidths) : draw_extent(random, tiles, "D", 600, true);
    const std::int64_t budget = random.chance(2) ? 100000 : 8000;
    while (tokens * heads * width > budget) {
      (tokens > heads ? tokens : heads) /= 2;
      tokens = std::max<std::int64_t>(tokens, 1);
    }
    c.set("T", tokens).set("N", heads).set("D", width);
    if (random.chance(40)) c.set("copied", random.between(0, tokens));
  }

  static void draw_values(Random& random, Case& c) {
    c.set("dtype", random.pick<std::string>({"f32", "f16", "bf16"}));
    c.set("lse_wanted", random.chance(80) ? 1 : 0);
    c.set("values", random.pick(value_class_names()));
    c.set("lse", random.pick(lse_class_names()));
    if (c.choice("values") == "special" && weights_may_vanish(lse_class(c.choice("lse")))) {
      c.set("lse", "near");
    }
    if (random.chance(50)) {
      c.set("empty",
            random.pick<std::string>({"prefix", "suffix", "both", "some", "some", "some"}));
      c.set("lse_empty", random.pick(empty_lse_names()));
    }
    c.set("seed", random.between(0, 1 << 30));
  }
};

}  // namespace

const OpModel& merge_states_model() {
  static const MergeStatesModel kModel;
  return kModel;
}

}  // namespace mlacheck
