#include "properties/negate/model.hpp"

#include "properties/common/case_size.hpp"
#include "properties/common/operands.hpp"
#include "properties/common/typed_model.hpp"
#include "properties/common/values.hpp"

namespace mlacheck::negate {
namespace {

struct Fields {
  std::int64_t tokens = 1;
  std::int64_t columns = 1;
  DType dtype = DType::f32;
  ValueClass values = ValueClass::integers;
  std::int64_t seed = 0;
  LayoutFields x{};
  LayoutFields out{};

  Layout layout_of(const LayoutFields& operand) const { return operand.layout({tokens, columns}); }
};

const FieldTable<Fields>& field_table() {
  static const FieldTable<Fields> kTable = [] {
    FieldTable<Fields> table("negate");
    table.extent("T", &Fields::tokens, 0, 4096, 512)
        .extent("V", &Fields::columns, 0, 16384, 7168)
        .dtype("dtype", &Fields::dtype, {DType::f32, DType::f16, DType::bf16})
        .choice("values", &Fields::values)
        .seed("seed", &Fields::seed)
        .layout("x", &Fields::x, LayoutKind::fixed("TV"))
        .layout("out", &Fields::out, LayoutKind::fixed("TV"));
    return table;
  }();
  return kTable;
}

Fields draw_fields(Random& random, const std::vector<Tile>& tiles) {
  Fields f;
  f.tokens = draw_extent(random, tiles, "T", 20, true);
  f.columns = draw_extent(random, tiles, "V", 300, true);
  f.dtype = random.pick<DType>({DType::f32, DType::f16, DType::bf16});
  f.values = random.pick(EnumNames<ValueClass>::values());
  f.seed = random.between(0, 1 << 30);
  field_table().draw_layouts(random, f);
  return f;
}

// Rows alone, repeated and in another order have the bits that they have together.
Relation of_rows(std::string name, const Problem& problem, const std::vector<std::int64_t>& rows) {
  return restricted(Check::batch, std::move(name), problem, {{"x", 0}, {"out", 0}}, rows);
}

class Model final : public TypedModel<Fields> {
 public:
  Model() : TypedModel(field_table(), &draw_fields) {}

  std::vector<std::string> tile_axes() const override { return {"T", "V"}; }
  bool same_rules_for_all_variants() const override { return true; }

 protected:
  std::string objection(const Fields& f) const override {
    return too_much_storage({f.layout_of(f.x), f.layout_of(f.out)});
  }

  Problem problem(const Fields& f, std::string_view /*variant*/) const override {
    const auto seed = static_cast<std::uint64_t>(f.seed);
    Problem problem;
    problem.operands = {input_operand("x", f.dtype, f.layout_of(f.x),
                                      fill(f.dtype, f.values, seed, "x", f.tokens * f.columns)),
                        output_operand("out", f.dtype, f.layout_of(f.out))};
    return problem;
  }

  bool edge_values(const Fields& f) const override {
    return f.values == ValueClass::special || f.values == ValueClass::zeros;
  }

  std::vector<Relation> related(const Fields& f, const Problem& problem,
                                Random& random) const override {
    if (f.tokens < 2) return {};
    const std::int64_t row = random.between(0, f.tokens - 1);
    const std::string name = "row " + std::to_string(row);
    return draw_relations(random, {[&] { return of_rows(name + " alone", problem, {row}); },
                                   [&] { return of_rows(name + " twice", problem, {row, row}); },
                                   [&] {
                                     return of_rows("rows in another order", problem,
                                                    draw_order(random, 0, f.tokens));
                                   }});
  }

  std::optional<Cost> cost_of(const Problem& problem, std::string_view variant) const override {
    if (variant != "plain" && variant != "flipped") return std::nullopt;
    return problem.operand("x").layout.elements() == 0 ? Cost{} : Cost{.launches = 1};
  }

  Fields typical() const override { return {.tokens = 64, .columns = 7168, .dtype = DType::bf16}; }
};

}  // namespace

const OpModel& model() {
  static const Model kModel;
  return kModel;
}

}  // namespace mlacheck::negate
