#include "properties/quantized_bmm/model.hpp"

#include "properties/common/case_size.hpp"
#include "properties/common/copy_cost.hpp"
#include "properties/common/typed_model.hpp"
#include "properties/quantized_bmm/fields.hpp"
#include "properties/quantized_bmm/relations.hpp"
#include "reference/quantized_bmm/parameters.hpp"

namespace mlacheck::quantized_bmm {
namespace {

class Model final : public TypedModel<Fields> {
 public:
  Model() : TypedModel(field_table(), &draw_fields) {}

  std::vector<std::string> tile_axes() const override { return {"T", "H", "V", "blocks"}; }

  bool same_rules_for_all_variants() const override { return true; }

  std::vector<RowSize> row_sizes(const Problem& problem) const override {
    return row_sizes_of(problem);
  }

 protected:
  std::string objection(const Fields& f) const override {
    if (f.form == Form::fp8) {
      if (f.splits != 1) return "form fp8 fixes the order of its groups and has no splits";
      if (f.format == Fp8Format::e4m3fnuz && f.maximum == 448) {
        return "448 is no number of E4M3FNUZ";
      }
    } else if (f.tail != 0) {
      return "MXFP4 has whole blocks of 32 only";
    }
    std::string reason = unfit_weight_scale(f);
    if (!reason.empty()) return reason;
    reason = too_many_products({f.tokens, f.heads, f.columns, f.sizes().depth});
    if (!reason.empty()) return reason;
    std::vector<Layout> layouts;
    for (auto& [name, layout] : f.layouts()) layouts.push_back(layout);
    return too_much_storage(layouts);
  }

  Problem problem(const Fields& f, std::string_view /*variant*/) const override {
    return problem_of(f);
  }

  std::vector<Relation> related(const Fields& /*f*/, const Problem& problem,
                                Random& random) const override {
    return relations_of(problem, random);
  }

  std::optional<Cost> cost_of(const Problem& problem, std::string_view variant) const override {
    const Operand& out = Operands{problem}.out();
    std::optional<Cost> cost = copy_cost(out, variant);
    const std::int64_t splits = Parameters::of(problem).splits;
    if (!cost.has_value() || out.layout.elements() == 0 || splits <= 1) return cost;
    // fp32 partials, and the launch that adds them up.
    const std::uint64_t bytes = static_cast<std::uint64_t>(splits * out.layout.elements()) * 4;
    ++cost->launches;
    ++cost->allocations;
    cost->bytes_allocated += bytes;
    cost->peak_bytes += bytes;
    return cost;
  }

  // A product that underflows keeps its sign where it is contracted with the sum, and not elsewhere.
  // So does the product of a group's sum and its scale, which is rounded before it is added to what
  // other groups have left, or is not.
  bool portable(const Fields& f) const override {
    const bool one_group = f.form != Form::fp8 || f.sizes().depth <= kFp8Group;
    return f.values != Values::alone && f.weight_scale == WeightScale::ordinary && one_group;
  }
  Fields typical() const override {
    return {.tokens = 64, .heads = 16, .columns = 128, .blocks = 16, .out_dtype = DType::bf16};
  }

  Check check_of(const Fields& f) const override {
    switch (f.values) {
      case Values::x_one_hot:
      case Values::w_one_hot:
        return edge_values(f) ? Check::edge : Check::probe;
      case Values::every_code:
      case Values::ties:
      case Values::boundaries:
        return Check::quantization;
      default:
        return TypedModel::check_of(f);
    }
  }

  bool edge_values(const Fields& f) const override {
    return f.values == Values::special || f.values == Values::tiny || f.values == Values::alone ||
           f.weight_scale != WeightScale::ordinary || f.values == Values::zero_rows ||
           f.sizes().depth == 0;
  }
};

}  // namespace

const OpModel& model() {
  static const Model kModel;
  return kModel;
}

}  // namespace mlacheck::quantized_bmm
