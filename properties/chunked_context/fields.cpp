#include "properties/chunked_context/fields.hpp"

namespace mlacheck::chunked_context {

const FieldTable<Fields>& field_table() {
  static const FieldTable<Fields> kTable = [] {
    FieldTable<Fields> table("chunked_context");
    table.extent("chunks", &Fields::chunks, 1, 33, 32)
        .about("pieces of the context")
        .list("requests", &Fields::requests, {&Request::tokens, &Request::context}, 0, 4096)
        .sizes({64, 512, 0})
        .about("tokens and keys of context of each")
        .extent("H", &Fields::heads, 0, 256, 128)
        .extent("V", &Fields::width, 0, 2048, 512)
        .choice("context_rows", &Fields::context_rows)
        .about("which tokens of a request have context")
        .flag("suffix_empty", &Fields::suffix_empty)
        .about("whether a third of the suffix is empty")
        .dtype("dtype", &Fields::dtype, {DType::f32, DType::f16, DType::bf16})
        .choice("values", &Fields::values)
        .choice("lse", &Fields::lse)
        .choice("lse_empty", &Fields::lse_empty)
        .seed("seed", &Fields::seed)
        .layout("chunk_out", &Fields::chunk_out, state_values_kind())
        .layout("chunk_lse", &Fields::chunk_lse, state_lse_kind())
        .choice("chunk_layouts", &Fields::chunk_layouts)
        .about("every other chunk lies otherwise")
        .layout("suffix_out", &Fields::suffix_out, state_values_kind())
        .layout("suffix_lse", &Fields::suffix_lse, state_lse_kind())
        .layout("out", &Fields::out, state_values_kind())
        .precondition("no_empty_request", "each request has tokens and context",
                      {"requests[0]>=1", "requests[1]>=1"})
        .precondition("no_nan_lse", "no LSE is NaN", {"lse!=nan"})
        .precondition("no_plus_infinity", "an empty part has an LSE of -inf",
                      {"lse_empty=minus_inf"})
        .precondition("finite_values", "no value is NaN or infinite", {"values!=special"})
        .renamed("N", "H")
        .renamed("chunk_out_layouts", "chunk_out.order, chunk_out.gap and so on")
        .renamed("chunk_lse_layouts", "chunk_lse.order, chunk_lse.gap and so on");
    rename_state_layouts(table, {"suffix_out", "out"}, {"suffix_lse"});
    return table;
  }();
  return kTable;
}

StateShape Fields::shape() const {
  std::int64_t tokens = 0;
  for (const Request& request : requests) tokens += request.tokens;
  return {tokens, heads, width};
}

LayoutFields Fields::out_of_chunk(std::int64_t chunk) const {
  const bool other = chunk_layouts == ChunkLayouts::alternate && chunk % 2 == 1;
  return other ? twin_of(chunk_out, state_values_kind(), 2) : chunk_out;
}

LayoutFields Fields::lse_of_chunk(std::int64_t chunk) const {
  const bool other = chunk_layouts == ChunkLayouts::alternate && chunk % 2 == 1;
  return other ? twin_of(chunk_lse, state_lse_kind(), 4) : chunk_lse;
}

}  // namespace mlacheck::chunked_context
