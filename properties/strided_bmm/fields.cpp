#include "properties/strided_bmm/fields.hpp"

#include <utility>

namespace mlacheck::strided_bmm {
namespace {

Layout shared_layout(const LayoutFields& fields, Sharing sharing, std::vector<std::int64_t> shape,
                     std::size_t axis) {
  if (sharing != Sharing::broadcast || shape[axis] == 0) return fields.layout(shape);
  const std::int64_t extent = std::exchange(shape[axis], 1);
  Layout layout = fields.layout(shape);
  layout.shape[axis] = extent;
  layout.stride[axis] = 0;
  return layout;
}

}  // namespace

const FieldTable<Fields>& field_table() {
  static const FieldTable<Fields> kTable = [] {
    FieldTable<Fields> table("strided_bmm");
    table.extent("T", &Fields::tokens, 0, 100000, 512)
        .far({70000})
        .extent("H", &Fields::heads, 0, 256, 128)
        .extent("latent", &Fields::latent, 0, 100000, 512)
        .far({70000})
        .extent("V", &Fields::columns, 0, 100000, 512)
        .far({70000})
        .dtype("dtype", &Fields::dtype, {DType::f32, DType::f16, DType::bf16})
        .choice("values", &Fields::values)
        .seed("seed", &Fields::seed)
        .layout("x", &Fields::x, LayoutKind::rows("THL"))
        .choice("x.rows", &Fields::x_rows)
        .about("whether tokens share a row")
        .layout("w", &Fields::w, LayoutKind::any("HLV"))
        .choice("w.rows", &Fields::w_rows)
        .about("whether latent columns share a row")
        .layout("out", &Fields::out, LayoutKind::rows("THV"))
        .precondition("finite_values", "no value is NaN or infinite",
                      {"values!=special,overflow,alone"})
        .renamed("B", "T")
        .renamed("N", "H")
        .renamed("L", "latent")
        .renamed("x.heads_first", "x.order=HTL")
        .renamed("x.pad_heads", "x.outer_gap, in elements")
        .renamed("x.head_gap", "x.gap")
        .renamed("x.row_gap", "x.outer_gap")
        .renamed("w.layout",
                 "w.order=HVL for latent_fast, LHV for heads_interleaved; w.step=2 for scattered")
        .renamed("w.nope", "w.gap or w.outer_gap with w.offset, in elements")
        .renamed("w.row_gap", "w.gap, and w.outer_gap with w.order=LHV")
        .renamed("out.heads_first", "out.order=HTV")
        .renamed("out.head_gap", "out.gap")
        .renamed("out.row_gap", "out.outer_gap")
        .renamed("out.pad_rows", "out.pad");
    return table;
  }();
  return kTable;
}

Layout Fields::x_layout() const { return shared_layout(x, x_rows, {tokens, heads, latent}, 0); }

Layout Fields::w_layout() const { return shared_layout(w, w_rows, {heads, latent, columns}, 1); }

bool may_share(Values values) {
  return values == Values::integers || values == Values::normal || values == Values::one_signed;
}

}  // namespace mlacheck::strided_bmm
