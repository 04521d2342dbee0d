#include "properties/decode_step/fields.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mlacheck::decode_step {

const FieldTable<Fields>& field_table() {
  static const FieldTable<Fields> kTable = [] {
    FieldTable<Fields> table("decode_step");
    table.dtype("dtype", &Fields::dtype, {DType::f32, DType::bf16, DType::f16})
        .list("requests", &Fields::requests, {&Request::tokens, &Request::length}, 0, 100000)
        .sizes({64, 64, 512})
        .far({70000})
        .list("device_tokens", &Fields::device_tokens, 0, 64)
        .about("those tokens as device memory has them")
        .extent("H", &Fields::heads, 1, 256, 128)
        .extent("latent", &Fields::latent, 1, 960, 512)
        .extent("nope", &Fields::nope, 0, 512, 256)
        .about("columns of a query that meet the latent")
        .integer("rope", &Fields::rope, 0, 64)
        .about("columns of a key past latent")
        .extent("V", &Fields::width, 0, 1024, 256)
        .extent("page", &Fields::page, 1, 128, 128)
        .extent("splits", &Fields::splits, 1, 256, 64)
        .about("parts of the keys")
        .one_of(
            "scale", &Fields::scale,
            {{"1/sqrt(d)", kInverseRoot}, {"0.0721688", 0.0721688}, {"-0.0625", -0.0625}, {"0", 0}})
        .about("factor of the dot products")
        .choice("values", &Fields::values)
        .seed("seed", &Fields::seed)
        .integer("padding", &Fields::padding, 0, 100000)
        .far({70000})
        .integer("base", &Fields::base, 0, 1 << 20)
        .about("first entry of query_start_loc")
        .integer("spare_pages", &Fields::spare_pages, 0, 1 << 16)
        .about("pages that are nobody's")
        .integer("spare_columns", &Fields::spare_columns, 0, 16)
        .about("columns past those of the widest request")
        .seed("placement", &Fields::placement)
        .about("order of the pages")
        .layout("q_nope", &Fields::q_nope, LayoutKind::rows("THN"))
        .layout("q_rope", &Fields::q_rope, LayoutKind::rows("THC"))
        .layout("kv", &Fields::kv, LayoutKind::rows("PSD"))
        .layout("w_uk", &Fields::w_uk, LayoutKind::any("HNL"))
        .layout("w_uv", &Fields::w_uv, LayoutKind::any("HLV"))
        .layout("seq_lens", &Fields::seq_lens, LayoutKind::fixed("R"))
        .layout("block_table", &Fields::block_table, LayoutKind::fixed("RW"))
        .layout("decode_lens", &Fields::decode_lens, LayoutKind::fixed("R"))
        .layout("query_start_loc", &Fields::query_start_loc, LayoutKind::fixed("R"))
        .layout("out", &Fields::out, LayoutKind::rows("THV"))
        .precondition("no_empty_request", "each request has tokens and keys",
                      {"requests[0]>=1", "requests[1]>=1", "device_tokens[0]>=1"})
        .precondition("no_padding", "no rows of a captured graph past the step", {"padding=0"});
    return table;
  }();
  return kTable;
}

double Fields::scale_factor() const {
  if (scale != kInverseRoot) return scale;
  return 1 / std::sqrt(static_cast<double>(std::max<std::int64_t>(nope + rope, 1)));
}

Integers Fields::host_lens() const {
  Integers lens;
  for (const Request& request : requests) lens.push_back(request.tokens);
  return lens;
}

Integers Fields::device_lens() const {
  Integers lens = host_lens();
  std::copy_n(device_tokens.begin(), std::min(lens.size(), device_tokens.size()), lens.begin());
  return lens;
}

std::int64_t Fields::tokens() const {
  const Integers lens = host_lens();
  return std::accumulate(lens.begin(), lens.end(), padding);
}

Parameters Fields::parameters() const {
  const Integers lens = host_lens();
  Parameters p{.decode_tokens = tokens() - padding,
               .lens_exact = lens == device_lens(),
               .splits = splits,
               .scale = scale_factor()};
  if (lens.empty()) return p;
  p.min_decode_len = *std::min_element(lens.begin(), lens.end());
  p.max_decode_len = *std::max_element(lens.begin(), lens.end());
  return p;
}

double work_of(const Fields& f) {
  double pairs = 0;
  for (const Request& request : f.requests) {
    pairs += static_cast<double>(request.tokens) * static_cast<double>(request.length + 1);
  }
  const auto rows = static_cast<double>(f.tokens());
  const auto latent = static_cast<double>(f.latent);
  return static_cast<double>(f.heads) * (rows * latent * static_cast<double>(f.nope + f.width + 1) +
                                         2 * pairs * static_cast<double>(f.columns()));
}

}  // namespace mlacheck::decode_step
