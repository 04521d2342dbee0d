#include "properties/flatten_quant/model.hpp"

#include "properties/common/case_size.hpp"
#include "properties/common/typed_model.hpp"
#include "properties/flatten_quant/cost.hpp"
#include "properties/flatten_quant/draw.hpp"
#include "properties/flatten_quant/fields.hpp"
#include "properties/flatten_quant/relations.hpp"

namespace mlacheck {
namespace flatten_quant {
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
  Model() : TypedModel(field_table()) {}

  std::vector<std::string> tile_axes() const override { return {"T", "H", "V"}; }
  std::vector<Case> required_cases() const override;

 protected:
  Fields draw(Random& random, const std::vector<Tile>& tiles) const override {
    return draw_fields(random, tiles);
  }

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
    Operand x;
    x.name = "x";
    x.dtype = f.dtype;
    x.layout = f.x_layout();
    x.bits = bits_of_x(f.values, f.dtype, static_cast<std::uint64_t>(f.seed), shape_of(f));
    Operand codes;
    codes.name = "codes";
    codes.dtype = DType::u8;
    codes.format = label_of(p);
    codes.access = Access::output;
    codes.layout = f.codes_layout();
    Operand scales;
    scales.name = "scales";
    scales.dtype = p.mxfp4() ? DType::u8 : DType::f32;
    scales.format = p.mxfp4() ? CodeFormat::e8m0 : CodeFormat::plain;
    scales.access = Access::output;
    scales.layout = f.scales_layout();
    Problem problem;
    problem.operands = {std::move(x), std::move(codes), std::move(scales)};
    problem.integers = p.integers();
    return problem;
  }

  std::vector<Relation> related(const Fields& /*f*/, const Problem& problem,
                                Random& random) const override {
    return relations_of(problem, random);
  }

  std::optional<Cost> cost_of(const Problem& problem, std::string_view variant) const override {
    return cost_of_variant(problem, variant);
  }

  Fields typical() const override {
    return {.tokens = 64, .heads = 16, .columns = 128, .dtype = DType::bf16};
  }

  Check check_of(const Fields& f) const override {
    switch (f.values) {
      case Values::ties:
      case Values::every_code:
      case Values::scale_edges:
        return Check::quantisation;
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
        return true;
      default:
        return false;
    }
  }
};

std::vector<Case> Model::required_cases() const {
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
  for (const std::string& form : EnumNames<Form>::words()) {
    // Real models: DeepSeek-V3 on one rank and on eight, a view of the batched product's [H, T, V];
    // Kimi-K2; GLM-5; MiniCPM3, whose heads are shorter than a group of FP8.
    add(1, 128, 128, form, "bf16", "normal");
    add(3, 16, 128, form, "bf16", "normal").set("x.order", "HTV");
    add(2, 8, 128, form, "f16", "normal").set("scales.gap", 2);
    add(2, 16, 256, form, "bf16", "positions").set("x.order", "HTV");
    add(2, 40, 64, form, "bf16", "normal").set("x.gap", 64);
    // Heads of a multiple of the group that is no power of two, of less than a group, and of what
    // leaves a short last one; sizes of no symmetry.
    add(7, 5, 96, form, "bf16", "normal").set("x.order", "HTV").set("codes.pad", 1);
    add(3, 2, 384, form, "bf16", "positions").set("x.order", "HTV");
    add(3, 4, 160, form, "f32", "normal").set("codes.gap", 1);
    add(2, 3, 192, form, "bf16", "wide").set("x.offset", 1);
    add(5, 6, 16, form, "bf16", "positions").set("scales.pad", 1);
    add(5, 3, 48, form, "f16", "positions").set("scales.offset", 1);
    add(3, 5, 2, form, "f32", "normal").set("x.order", "VTH");
    // One token, one head; more groups than a block has threads.
    add(1, 1, 128, form, "bf16", "normal").set("scales.gap", 3);
    add(65, 3, 36, form, "bf16", "normal").set("x.step", 2);
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
    for (const std::string& policy : EnumNames<reference::SpecialBlock>::words()) {
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
}  // namespace flatten_quant

const OpModel& flatten_quant_model() {
  static const flatten_quant::Model kModel;
  return kModel;
}

}  // namespace mlacheck
