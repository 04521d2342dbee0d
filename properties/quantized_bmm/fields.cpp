#include "properties/quantized_bmm/fields.hpp"

namespace mlacheck::quantized_bmm {

const FieldTable<Fields>& field_table() {
  static const FieldTable<Fields> kTable = [] {
    FieldTable<Fields> table("quantized_bmm");
    table.choice("form", &Fields::form)
        .extent("T", &Fields::tokens, 0, 100000, 512)
        .far({70000})
        .extent("H", &Fields::heads, 0, 256, 128)
        .extent("V", &Fields::columns, 0, 100000, 512)
        .far({70000})
        .extent("blocks", &Fields::blocks, 0, 256, 16)
        .about("32 terms of the sum each")
        .extent("splits", &Fields::splits, 1, 1024, 64)
        .about("parts of the sum")
        .integer("tail", &Fields::tail, 0, 31)
        .about("FP8 only: terms past the blocks")
        .choice("format", &Fields::format)
        .one_of("maximum", &Fields::maximum, {{"448", 448}, {"240", 240}, {"224", 224}})
        .flag("has_bias", &Fields::has_bias)
        .about("FP8 only: whether there is one")
        .dtype("x_dtype", &Fields::x_dtype, {DType::bf16, DType::f16})
        .about("element type of x, MXFP4 weights only")
        .dtype("out_dtype", &Fields::out_dtype, {DType::f32, DType::bf16, DType::f16})
        .about("element type of out")
        .choice("values", &Fields::values)
        .seed("seed", &Fields::seed)
        .layout("x", &Fields::x, LayoutKind::any("THK"))
        .layout("x_scales", &Fields::x_scales, LayoutKind::any("THK"))
        .layout("w", &Fields::w, LayoutKind::any("HVK"))
        .layout("w_scales", &Fields::w_scales, LayoutKind::any("HVK"))
        .layout("w_scale", &Fields::w_scale, LayoutKind::fixed("S"))
        .choice("w_scale.value", &Fields::weight_scale)
        .about("FP8 only: what the scale of w is")
        .layout("bias", &Fields::bias, LayoutKind::any("HV"))
        .layout("out", &Fields::out, LayoutKind::any("THV"))
        .renamed("K", "blocks, of 32 each, and tail")
        .renamed("fnuz", "format=e4m3fnuz")
        .renamed("weight_scale", "w_scale.value")
        .renamed("out.pad_slabs", "out.pad");
    const auto orders_by_number = [&](const std::string& operand, const std::string& axes) {
      for (const std::string numbers : {"012", "021", "102", "120", "201", "210"}) {
        std::string letters;
        for (const char number : numbers)
          letters += axes.substr(static_cast<std::size_t>(number - '0'), 1);
        table.renamed(operand + ".order=" + numbers, operand + ".order=" + letters);
      }
    };
    for (const std::string operand : {"x", "x_scales"}) orders_by_number(operand, "THK");
    for (const std::string operand : {"w", "w_scales"}) orders_by_number(operand, "HVK");
    orders_by_number("out", "THV");
    for (const std::string operand : {"x", "x_scales", "w", "w_scales", "bias", "out"}) {
      table.renamed(operand + ".row_gap", operand + ".gap");
      table.renamed(operand + ".slab_gap", operand + (operand == "bias" ? ".gap" : ".outer_gap"));
    }
    return table;
  }();
  return kTable;
}

std::map<std::string, Layout> Fields::layouts() const {
  const Parameters p = parameters();
  const std::int64_t depth = sizes().depth;
  std::map<std::string, Layout> layouts{
      {"x", x.layout({tokens, heads, p.packed() ? depth / 2 : depth})},
      {"w", w.layout({heads, columns, p.fp8() ? depth : depth / 2})},
      {"out", out.layout({tokens, heads, columns})}};
  if (p.fp8()) {
    layouts["w_scale"] = w_scale.layout({1});
    if (has_bias) layouts["bias"] = bias.layout({heads, columns});
  } else {
    if (p.packed()) layouts["x_scales"] = x_scales.layout({tokens, heads, blocks});
    layouts["w_scales"] = w_scales.layout({heads, columns, blocks});
  }
  return layouts;
}

std::string unfit_weight_scale(const Fields& f) {
  if (f.weight_scale == WeightScale::ordinary) return "";
  if (f.form != Form::fp8) return "MXFP4 has no single scale of w";
  const bool small =
      f.weight_scale == WeightScale::subnormal || f.weight_scale == WeightScale::smallest;
  if (!small) return "";
  if (f.out_dtype == DType::f16) return "fp16 ends above the products of so small a scale";
  switch (f.values) {
    case Values::boundaries:
    case Values::wide:
    case Values::tiny:
    case Values::special:
    case Values::alone:
      return "products of so small a scale and the small elements of x are 0";
    default:
      return "";
  }
}

}  // namespace mlacheck::quantized_bmm
