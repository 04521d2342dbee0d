#include "properties/flatten_quant/model.hpp"

#include "properties/common/case_size.hpp"
#include "properties/common/copy_cost.hpp"
#include "properties/common/operands.hpp"
#include "properties/common/typed_model.hpp"
#include "properties/flatten_quant/fields.hpp"
#include "properties/flatten_quant/relations.hpp"

namespace mlacheck::flatten_quant {
namespace {

constexpr std::int64_t kMostElements = std::int64_t{1} << 22;

// What the elements of x are shaped for.
Shape shape_of(const Fields& f) {
  const Parameters p = f.parameters();
  Shape shape{f.tokens, f.heads, f.columns, p.group, {}, 6};
  if (!p.mxfp4()) shape.maximum = static_cast<double>(f.maximum);
  const reference::SmallFormat format = p.code_format();
  for (int code = 0; code < reference::code_count(format) / 2; ++code) {
    const double value = reference::decode(format, static_cast<std::uint8_t>(code));
    if (value <= reference::largest_finite(format)) shape.codes.push_back(value);
  }
  return shape;
}

CodeFormat label_of(const Parameters& p) {
  if (p.mxfp4()) return CodeFormat::e2m1_pairs;
  return p.format == Fp8Format::e4m3fn ? CodeFormat::e4m3fn : CodeFormat::e4m3fnuz;
}

class Model final : public TypedModel<Fields> {
 public:
  Model() : TypedModel(field_table(), &draw_fields) {}

  std::vector<std::string> tile_axes() const override { return {"T", "H", "V"}; }

  bool same_rules_for_all_variants() const override { return true; }

  std::vector<RowSize> row_sizes(const Problem& problem) const override {
    return row_sizes_of(problem);
  }

 protected:
  std::string objection(const Fields& f) const override {
    if (f.sizes().elements() > kMostElements) return "more than 2^22 elements";
    if (f.form == Form::mxfp4 && f.columns % 2 != 0) {
      return "V: " + std::to_string(f.columns) + " is odd, and MXFP4 packs pairs of a head";
    }
    if (f.form != Form::mxfp4 && f.format == Fp8Format::e4m3fnuz && f.maximum == 448) {
      return "maximum: 448 is no E4M3FNUZ number";
    }
    return too_much_storage({f.x_layout(), f.codes_layout(), f.scales_layout()});
  }

  Problem problem(const Fields& f, std::string_view /*variant*/) const override {
    const Parameters p = f.parameters();
    Problem problem;
    problem.operands = {
        input_operand(
            "x", f.dtype, f.x_layout(),
            bits_of_x(f.values, f.dtype, static_cast<std::uint64_t>(f.seed), shape_of(f))),
        output_operand("codes", DType::u8, f.codes_layout(), label_of(p)),
        p.mxfp4() ? output_operand("scales", DType::u8, f.scales_layout(), CodeFormat::e8m0)
                  : output_operand("scales", DType::f32, f.scales_layout())};
    reference::write_scalars(problem, p);
    return problem;
  }

  std::vector<Relation> related(const Fields& /*f*/, const Problem& problem,
                                Random& random) const override {
    return relations_of(problem, random);
  }

  std::optional<Cost> cost_of(const Problem& problem, std::string_view variant) const override {
    return copy_cost(Operands{problem}.x(), variant);
  }

  Fields typical() const override {
    return {.tokens = 64, .heads = 16, .columns = 128, .dtype = DType::bf16};
  }

  Check check_of(const Fields& f) const override {
    switch (f.values) {
      case Values::ties:
      case Values::every_code:
      case Values::scale_edges:
        return Check::quantization;
      default:
        return TypedModel::check_of(f);
    }
  }

  bool edge_values(const Fields& f) const override {
    switch (f.values) {
      case Values::small:
      case Values::tiny:
      case Values::zeros:
      case Values::huge:
      case Values::special:
      case Values::alone:
        return true;
      default:
        return false;
    }
  }
};

}  // namespace

const OpModel& model() {
  static const Model kModel;
  return kModel;
}

}  // namespace mlacheck::flatten_quant
