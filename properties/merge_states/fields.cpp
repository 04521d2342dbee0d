#include "properties/merge_states/fields.hpp"

namespace mlacheck::merge_states {

const FieldTable<Fields>& field_table() {
  static const FieldTable<Fields> kTable = [] {
    FieldTable<Fields> table("merge_states");
    table.extent("T", &Fields::tokens, 0, 100000, 512)
        .far({70000})
        .extent("H", &Fields::heads, 0, 256, 128)
        .extent("V", &Fields::width, 0, 2048, 512)
        .integer("copied", &Fields::copied, 0, 4096)
        .about("tokens at the end without context")
        .flag("has_lse_out", &Fields::has_lse_out)
        .about("whether lse_out is given")
        .dtype("dtype", &Fields::dtype, {DType::f32, DType::f16, DType::bf16})
        .choice("values", &Fields::values)
        .choice("lse", &Fields::lse)
        .choice("empty", &Fields::empty)
        .about("which sides have empty rows")
        .choice("lse_empty", &Fields::lse_empty)
        .seed("seed", &Fields::seed)
        .layout("prefix_out", &Fields::prefix_out, state_values_kind())
        .layout("prefix_lse", &Fields::prefix_lse, state_lse_kind())
        .layout("suffix_out", &Fields::suffix_out, state_values_kind())
        .layout("suffix_lse", &Fields::suffix_lse, state_lse_kind())
        .layout("out", &Fields::out, state_values_kind())
        .layout("lse_out", &Fields::lse_out, state_lse_kind())
        .precondition("no_row_empty_on_both_sides", "prefix or suffix has a key",
                      {"empty!=both,some"})
        .precondition("no_empty_row", "prefix and suffix have a key", {"empty=none"})
        .precondition("no_nan_lse", "no LSE is NaN", {"lse!=nan"})
        .precondition("no_plus_infinity", "an empty part has an LSE of -inf",
                      {"lse_empty=minus_inf"})
        .precondition("finite_values", "no value is NaN or infinite", {"values!=special"})
        .renamed("N", "H")
        .renamed("D", "V")
        .renamed("lse_wanted", "has_lse_out");
    rename_state_layouts(table, {"prefix_out", "suffix_out", "out"},
                         {"prefix_lse", "suffix_lse", "lse_out"});
    return table;
  }();
  return kTable;
}

}  // namespace mlacheck::merge_states
