#include "properties/flatten_quant/fields.hpp"

namespace mlacheck::flatten_quant {

const FieldTable<Fields>& field_table() {
  static const FieldTable<Fields> kTable = [] {
    FieldTable<Fields> table("flatten_quant");
    table.extent("T", &Fields::tokens, 0, 100000, 512)
        .far({70000})
        .extent("H", &Fields::heads, 0, 100000, 128)
        .far({70000})
        .extent("V", &Fields::columns, 0, 100000, 512)
        .far({70000})
        .choice("form", &Fields::form)
        .integer("group", &Fields::group, 1, 128)
        .about("FP8 only: elements that share a scale")
        .choice("format", &Fields::format)
        .one_of("maximum", &Fields::maximum, {{"240", 240}, {"224", 224}, {"448", 448}})
        .flag("clamp_keeps_nan", &Fields::clamp_keeps_nan)
        .about("FP8 only: whether clamping keeps NaN")
        .choice("special_block", &Fields::special_block)
        .about("MXFP4 only: scale of Inf, NaN")
        .dtype("dtype", &Fields::dtype, {DType::f32, DType::f16, DType::bf16})
        .choice("values", &Fields::values)
        .seed("seed", &Fields::seed)
        .layout("x", &Fields::x, LayoutKind::any("THV"))
        .layout("codes", &Fields::codes, LayoutKind::fixed("TC"))
        .layout("scales", &Fields::scales, LayoutKind::fixed("TC"))
        .precondition("finite_values", "no value is NaN or infinite", {"values!=special,alone"})
        .renamed("x.layout",
                 "x.order=HTV for heads_first, VTH for columns_first; x.step=2 for scattered")
        .renamed("x.run_gap", "x.gap")
        .renamed("fnuz", "format=e4m3fnuz");
    return table;
  }();
  return kTable;
}

Layout Fields::x_layout() const { return x.layout({tokens, heads, columns}); }

Layout Fields::codes_layout() const {
  return codes.layout({tokens, sizes().code_columns(parameters())});
}

Layout Fields::scales_layout() const {
  LayoutFields laid = scales;
  if (form != Form::fp8) laid.order = {1, 0};
  return laid.layout({tokens, sizes().scale_columns(parameters())});
}

}  // namespace mlacheck::flatten_quant
