#include "properties/prefill_context/fields.hpp"

#include <algorithm>
#include <cmath>

namespace mlacheck::prefill_context {

const FieldTable<Fields>& field_table() {
  static const FieldTable<Fields> kTable = [] {
    FieldTable<Fields> table("prefill_context");
    table.dtype("dtype", &Fields::dtype, {DType::f32, DType::bf16, DType::f16})
        .list("requests", &Fields::requests, {&Request::tokens, &Request::context}, 0, 4096)
        .sizes({32, 256, 256})
        .about("new tokens and context of each")
        .extent("H", &Fields::heads, 1, 256, 128)
        .extent("latent", &Fields::latent, 1, 100000, 512)
        .far({70000})
        .extent("nope", &Fields::nope, 0, 512, 256)
        .about("columns of a key that are made of the latent")
        .integer("rope", &Fields::rope, 0, 64)
        .about("columns of a key that all heads share")
        .extent("V", &Fields::width, 0, 1024, 256)
        .extent("page", &Fields::page, 1, 128, 128)
        .integer("chunk", &Fields::chunk, 1, 4096)
        .about("tokens of context that a chunk takes")
        .integer("ranks", &Fields::ranks, 1, 64)
        .about("ranks that share the context")
        .integer("interleave", &Fields::interleave, 1, 64)
        .about("neighbouring tokens on one rank")
        .integer("most_context", &Fields::most_context, 0, 8192)
        .about("max_context, where it is above all contexts")
        .choice("context_rows", &Fields::context_rows)
        .about("which tokens count as having context")
        .one_of(
            "scale", &Fields::scale,
            {{"1/sqrt(d)", kInverseRoot}, {"0.0721688", 0.0721688}, {"-0.0625", -0.0625}, {"0", 0}})
        .about("factor of the dot products")
        .choice("values", &Fields::values)
        .seed("seed", &Fields::seed)
        .integer("spare_pages", &Fields::spare_pages, 0, 1 << 16)
        .far({1 << 16})
        .about("pages that are nobody's")
        .integer("spare_columns", &Fields::spare_columns, 0, 16)
        .about("columns past those of the widest request")
        .seed("placement", &Fields::placement)
        .about("order of the pages")
        .layout("q", &Fields::q, LayoutKind::rows("THD"))
        .layout("new_kv", &Fields::new_kv, LayoutKind::rows("TD"))
        .layout("kv", &Fields::kv, LayoutKind::rows("PSD"))
        .layout("w", &Fields::w, LayoutKind::any("HLC"))
        .layout("query_start_loc", &Fields::query_start_loc, LayoutKind::fixed("R"))
        .layout("block_table", &Fields::block_table, LayoutKind::fixed("RW"))
        .layout("context_lens", &Fields::context_lens, LayoutKind::fixed("R"))
        .layout("out", &Fields::out, LayoutKind::rows("THV"))
        .precondition("one_rank", "the context lies on one rank", {"ranks=1"})
        .precondition("no_empty_request", "each request has tokens", {"requests[0]>=1"});
    return table;
  }();
  return kTable;
}

std::int64_t Fields::tokens() const {
  std::int64_t sum = 0;
  for (const Request& request : requests) sum += request.tokens;
  return sum;
}

double Fields::scale_factor() const {
  return scale != kInverseRoot ? scale : 1 / std::sqrt(static_cast<double>(depth()));
}

Parameters Fields::parameters() const {
  Parameters p{.chunk = chunk,
               .ranks = ranks,
               .interleave = interleave,
               .max_context = most_context,
               .scale = scale_factor()};
  std::int64_t token = 0;
  for (const Request& request : requests) {
    token += request.tokens;
    p.max_context = std::max(p.max_context, request.context);
    if (request.context > 0) p.context_tokens = token;
  }
  if (context_rows == ContextRows::all) p.context_tokens = token;
  return p;
}

double work_of(const Fields& f) {
  double rows = 0;
  double pairs = 0;
  for (const Request& request : f.requests) {
    const auto tokens = static_cast<double>(request.tokens);
    const auto keys = static_cast<double>(request.tokens + request.context);
    rows += keys;
    pairs += tokens * (keys + 1);
  }
  const auto wide = static_cast<double>(f.depth() + f.width);
  return static_cast<double>(f.heads) * wide * (rows * static_cast<double>(f.latent) + pairs);
}

}  // namespace mlacheck::prefill_context
