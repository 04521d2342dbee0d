#include "properties/strided_bmm.hpp"

#include <algorithm>

#include "properties/values.hpp"

namespace mlacheck {
namespace {

// The case fields that move memory and nothing else, with the values a twin of a dense case gets.
struct LayoutField {
  const char* name;
  std::int64_t twin;
};
constexpr LayoutField kLayoutFields[] = {{"x_pad_heads", 1}, {"x_gap", 3},    {"x_offset", 1},
                                         {"w_gap", 5},       {"w_offset", 1}, {"out_gap", 1},
                                         {"out_offset", 1}};

const Schema& bmm_schema() {
  static const Schema kSchema{
      "strided_bmm",
      {Field::choice("dtype", {"f32", "bf16", "f16"}), Field::integer("B", 0, 4096, 1),
       Field::integer("N", 0, 256, 1), Field::integer("L", 0, 4096, 1),
       Field::integer("V", 0, 1024, 1),
       // dense [N,L,V]; A: L fast, heads (w_gap+V)*L apart; B: V fast, heads interleaved in a row.
       Field::choice("w_layout", {"dense", "A", "B"}),
       Field::integer("w_gap", 0, 256, 0),  // the P columns that precede V in layouts A and B
       Field::integer("w_offset", 0, 16, 0), Field::integer("x_pad_heads", 0, 128, 0),
       Field::integer("x_gap", 0, 64, 0), Field::integer("x_offset", 0, 16, 0),
       Field::integer("out_pad_rows", 0, 8, 0), Field::integer("out_gap", 0, 128, 0),
       Field::integer("out_offset", 0, 16, 0), Field::choice("values", value_class_names()),
       Field::integer("seed", 0, 1 << 30, 0)}};
  return kSchema;
}

Layout x_layout(const Case& c) {
  const std::int64_t head = c.integer("L") + c.integer("x_gap");
  const std::int64_t row = (c.integer("N") + c.integer("x_pad_heads")) * head;
  return Layout::strided({c.integer("B"), c.integer("N"), c.integer("L")}, {row, head, 1},
                         c.integer("x_offset"));
}

Layout w_layout(const Case& c) {
  const std::int64_t n = c.integer("N");
  const std::int64_t l = c.integer("L");
  const std::int64_t v = c.integer("V");
  const std::int64_t gap = c.integer("w_gap");
  const std::int64_t offset = c.integer("w_offset");
  const std::string& kind = c.choice("w_layout");
  if (kind == "A") return Layout::strided({n, l, v}, {(gap + v) * l, 1, l}, offset + gap * l);
  if (kind == "B") {
    return Layout::strided({n, l, v}, {gap + v, n * (gap + v), 1}, offset + gap);
  }
  return Layout::strided({n, l, v}, {l * (v + gap), v + gap, 1}, offset);
}

Layout out_layout(const Case& c) {
  const std::int64_t n = c.integer("N");
  const std::int64_t v = c.integer("V");
  return Layout::strided({c.integer("B") + c.integer("out_pad_rows"), n, v},
                         {n * v + c.integer("out_gap"), v, 1}, c.integer("out_offset"));
}

// The accumulation that the oracle must allow for: see BmmAccumulation.
std::int64_t accumulation_of(const Case& c, std::string_view variant) {
  if (variant.substr(0, 6) != "cublas") return 0;
  return c.choice("dtype") == "f32" ? 1 : 2;
}

Case real_model(const char* w_layout, std::int64_t rows, std::int64_t heads, std::int64_t gap,
                std::int64_t width) {
  Case c(bmm_schema());
  c.set("dtype", "bf16").set("B", rows).set("N", heads).set("L", 512).set("V", width);
  return c.set("w_layout", w_layout).set("w_gap", gap).set("values", "normal");
}

class StridedBmmModel final : public OpModel {
 public:
  const Schema& schema() const override { return bmm_schema(); }

  Case generate(Random& random, const std::vector<Tile>& tiles) const override {
    Case c(bmm_schema());
    c.set("dtype", random.pick<std::string>({"f32", "bf16", "f16"}));
    const bool empty = random.chance(10);  // extents of 0 in one case of ten
    c.set("B", draw_extent(random, tiles, "B", 40, empty));
    c.set("N", draw_extent(random, tiles, "N", random.chance(90) ? 6 : 20, empty));
    c.set("V", draw_extent(random, tiles, "V", 40, empty));
    c.set("L", draw_extent(random, tiles, "L", random.chance(90) ? 80 : 600, empty));
    c.set("w_layout", random.pick<std::string>({"dense", "A", "B"}));
    // Swarm: half of the cases leave out a random subset of the layout features.
    const auto some = [&](std::int64_t value) { return random.chance(50) ? 0 : value; };
    c.set("w_gap", some(draw_gap(random))).set("w_offset", some(draw_offset(random)));
    c.set("x_pad_heads", some(random.between(0, 4))).set("x_gap", some(draw_gap(random)));
    c.set("x_offset", some(draw_offset(random)));
    c.set("out_pad_rows", some(random.between(0, 3))).set("out_gap", some(draw_gap(random)));
    c.set("out_offset", some(draw_offset(random)));
    c.set("values", random.pick(value_class_names()));
    return c.set("seed", random.between(0, 1 << 30));
  }

  std::vector<Case> required_cases() const override {
    std::vector<Case> cases;
    // Model, ranks: heads per rank, P, V; L = 512 throughout.
    cases.push_back(real_model("A", 2, 16, 128, 128));  // DeepSeek-V2-Lite TP1; V3, R1 TP8
    cases.push_back(real_model("B", 3, 16, 128, 128));  // the same with dequantised weights
    // DeepSeek-V3, R1 TP1: 8.4 million weights, so of the class that is cheapest to draw.
    cases.push_back(real_model("A", 1, 128, 128, 128).set("values", "integers"));
    cases.push_back(real_model("dense", 1, 8, 0, 128));  // Kimi-K2 TP8
    cases.push_back(real_model("A", 2, 16, 192, 256));   // GLM-5 TP4
    // A row stride wider than the row, as in a padded buffer: the layout that view, resize and copy
    // used to corrupt.
    cases.push_back(Case(cases.front()).set("out_gap", 64).set("out_pad_rows", 2));
    Case padded_heads = cases.front();
    cases.push_back(padded_heads.set("x_pad_heads", 112));
    Case probe(bmm_schema());
    probe.set("B", 17).set("N", 5).set("L", 33).set("V", 17);
    for (const char* dtype : {"f32", "bf16", "f16"}) {
      for (const char* values : {"integers", "positions", "special"}) {
        cases.push_back(Case(probe).set("dtype", dtype).set("values", values));
      }
    }
    cases.push_back(Case(probe).set("L", 0));
    cases.push_back(Case(probe).set("B", 0).set("out_pad_rows", 2));
    return cases;
  }

  std::string inadmissible(const Case& c) const override {
    const double work = static_cast<double>(c.integer("B")) * static_cast<double>(c.integer("N")) *
                        static_cast<double>(c.integer("L")) * static_cast<double>(c.integer("V"));
    return work > 1e9 ? "B * N * L * V is above 1e9, too long for one case" : "";
  }

  Problem materialise(const Case& c, std::string_view variant) const override {
    const DType dtype = *dtype_from_name(c.choice("dtype"));
    const ValueClass values = value_class(c.choice("values"));
    const auto seed = static_cast<std::uint64_t>(c.integer("seed"));
    Problem problem;
    Operand x{"x", dtype, Access::input, x_layout(c), {}, {}};
    x.bits = fill(dtype, values, seed, "x", x.layout.elements());
    Operand w{"w", dtype, Access::input, w_layout(c), {}, {}};
    // Infinities and NaN come in x only: there a row must keep them to itself. Tiny numbers too: a
    // product of two would vanish, and an output of zeros proves nothing.
    const bool plain_w = values == ValueClass::special || values == ValueClass::tiny;
    const ValueClass w_values = plain_w ? ValueClass::normal : values;
    w.bits = fill(dtype, w_values, seed, "w", w.layout.elements());
    Operand out{"out", dtype, Access::output, out_layout(c), {}, {}};
    out.cells.assign(static_cast<std::size_t>(out.layout.elements()), Cell::dead);
    const std::int64_t live = c.integer("B") * c.integer("N") * c.integer("V");
    std::fill_n(out.cells.begin(), live, Cell::live);
    problem.operands = {std::move(x), std::move(w), std::move(out)};
    problem.integers = {{"accumulation", accumulation_of(c, variant)}};
    return problem;
  }

  Case layout_twin(const Case& c) const override {
    Case twin = c;
    bool dense = true;
    for (const LayoutField& field : kLayoutFields) dense = dense && c.integer(field.name) == 0;
    for (const LayoutField& field : kLayoutFields) twin.set(field.name, dense ? field.twin : 0);
    const std::string& kind = c.choice("w_layout");
    return twin.set("w_layout", kind == "dense" ? "A" : kind == "A" ? "B" : "dense");
  }

  bool has_edge_values(const Case& c) const override {
    const std::string& values = c.choice("values");
    return values == "special" || values == "zeros" || values == "tiny" || c.integer("L") == 0;
  }
};

}  // namespace

const OpModel& strided_bmm_model() {
  static const StridedBmmModel kModel;
  return kModel;
}

}  // namespace mlacheck
