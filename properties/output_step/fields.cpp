#include "properties/output_step/fields.hpp"

#include <algorithm>

namespace mlacheck::output_step {

const FieldTable<Fields>& field_table() {
  static const FieldTable<Fields> kTable = [] {
    FieldTable<Fields> table("output_step");
    table.choice("product", &Fields::product)
        .about("format of the value up-projection")
        .choice("projection", &Fields::projection)
        .about("format of the output projection")
        .extent("T", &Fields::tokens, 0, 100000, 512)
        .far({70000})
        .extent("H", &Fields::heads, 0, 256, 128)
        .extent("V", &Fields::width, 0, 4096, 256)
        .extent("blocks", &Fields::blocks, 0, 256, 16)
        .about("32 columns of the latent vector each")
        .extent("hidden", &Fields::columns, 0, 100000, 7168)
        .far({70000})
        .about("columns of the output projection")
        .integer("group", &Fields::group, 1, 128)
        .about("FP8 only: elements that share a scale")
        .choice("format", &Fields::format)
        .one_of("maximum", &Fields::maximum, {{"448", 448}, {"240", 240}, {"224", 224}})
        .dtype("dtype", &Fields::dtype, {DType::bf16, DType::f16})
        .choice("values", &Fields::values)
        .seed("seed", &Fields::seed)
        .layout("latent_out", &Fields::latent_out, LayoutKind::any("THL"))
        .layout("w_uv", &Fields::w_uv, LayoutKind::any("HVL"))
        .layout("w_uv_scales", &Fields::w_uv_scales, LayoutKind::any("HVL"))
        .layout("w_uv_scale", &Fields::w_uv_scale, LayoutKind::fixed("S"))
        .layout("w_o", &Fields::w_o, LayoutKind::any("NC"))
        .layout("w_o_scales", &Fields::w_o_scales, LayoutKind::any("NC"))
        .layout("w_o_scale", &Fields::w_o_scale, LayoutKind::fixed("S"))
        .layout("values", &Fields::values_rows, LayoutKind::fixed("TC"))
        .layout("codes", &Fields::codes, LayoutKind::fixed("TC"))
        .layout("scales", &Fields::scales, LayoutKind::fixed("TC"))
        .layout("out", &Fields::out, LayoutKind::fixed("TN"))
        .precondition("finite_values", "no latent is NaN or infinite", {"values!=special"});
    return table;
  }();
  return kTable;
}

std::map<std::string, Layout> Fields::layouts() const {
  const Parameters p = parameters();
  const Sizes s = sizes();
  const std::int64_t row = s.row();
  std::map<std::string, Layout> layouts{
      {"latent_out", latent_out.layout({tokens, heads, s.latent})},
      {"w_uv", w_uv.layout({heads, width, p.mxfp4_product() ? s.latent / 2 : s.latent})},
      {"w_o", w_o.layout({columns, p.mxfp4() ? row / 2 : row})},
      {"values", values_rows.layout({tokens, row})},
      {"out", out.layout({tokens, columns})}};
  if (p.mxfp4_product()) {
    layouts["w_uv_scales"] = w_uv_scales.layout({heads, width, blocks});
  } else {
    layouts["w_uv_scale"] = w_uv_scale.layout({1});
  }
  if (p.mxfp4()) layouts["w_o_scales"] = w_o_scales.layout({columns, row / kMxBlock});
  if (p.fp8()) layouts["w_o_scale"] = w_o_scale.layout({1});
  if (!p.quantizes()) return layouts;
  layouts["codes"] = codes.layout({tokens, p.mxfp4() ? row / 2 : row});
  LayoutFields laid = scales;
  if (p.projection != Projection::fp8) laid.order = {1, 0};
  layouts["scales"] = laid.layout({tokens, heads * rounded_up_quotient(width, p.group_size())});
  return layouts;
}

double work_of(const Fields& f) {
  const Sizes s = f.sizes();
  return static_cast<double>(f.tokens) * static_cast<double>(s.row()) *
         static_cast<double>(s.latent + f.columns + 1);
}

Layout scales_layout(const Parameters& parameters, std::int64_t tokens, std::int64_t columns) {
  const std::vector<std::int64_t> shape{tokens, columns};
  return parameters.projection == Projection::fp8
             ? Layout::dense(shape)
             : Layout::strided(shape, {1, std::max<std::int64_t>(tokens, 1)});
}

}  // namespace mlacheck::output_step
