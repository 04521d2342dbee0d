#include "properties/mla_decode/fields.hpp"

#include <algorithm>
#include <cmath>

namespace mlacheck::mla_decode {

namespace {

constexpr double kLargest = 0x1.fffffep127;  // of fp32

}  // namespace

const std::vector<std::pair<std::string, double>>& scales() {
  static const std::vector<std::pair<std::string, double>> kScales{{"1/sqrt(d)", kInverseRoot},
                                                                   {"0.0416667", 0.0416667},
                                                                   {"0.0721688", 0.0721688},
                                                                   {"0.135234", 0.135234},
                                                                   {"0.0625", 0.0625},
                                                                   {"-0.0625", -0.0625},
                                                                   {"0", 0},
                                                                   {"smallest", 0x1.0p-126},
                                                                   {"largest", kLargest}};
  return kScales;
}

const FieldTable<Fields>& field_table() {
  static const FieldTable<Fields> kTable = [] {
    FieldTable<Fields> table("mla_decode");
    table.dtype("dtype", &Fields::dtype, {DType::f32, DType::bf16, DType::f16})
        .list("requests", &Fields::requests, {&Request::tokens, &Request::length}, 0, 100000)
        .sizes({64, 128, 1024})
        .far({70000})
        .extent("H", &Fields::heads, 1, 256, 128)
        .extent("latent", &Fields::latent, 1, 960, 512)
        .integer("rope", &Fields::rope, 0, 64)
        .about("columns of a key past latent")
        .extent("page", &Fields::page, 1, 128, 128)
        .extent("splits", &Fields::splits, 1, 256, 256)
        .about("parts of the keys")
        .flag("causal", &Fields::causal)
        .about("whether later keys are masked")
        .choice("page_map", &Fields::page_map)
        .about("how pages are looked up")
        .one_of("scale", &Fields::scale, scales())
        .about("factor of the dot products")
        .choice("values", &Fields::values)
        .seed("seed", &Fields::seed)
        .integer("padding", &Fields::padding, 0, 16)
        .integer("spare_pages", &Fields::spare_pages, 0, 1 << 25)
        .far({70000, (1 << 24) + 1})
        .about("pages that are nobody's")
        .integer("spare_columns", &Fields::spare_columns, 0, 16)
        .about("columns past those of the widest request")
        .seed("placement", &Fields::placement)
        .about("order of the pages")
        .layout("q", &Fields::q, LayoutKind::rows("THD"))
        .layout("kv", &Fields::kv, LayoutKind::rows("PSD"))
        .layout("query_start_loc", &Fields::query_start_loc, LayoutKind::fixed("R"))
        .layout("block_table", &Fields::block_table, LayoutKind::fixed("RW"))
        .layout("seq_lens", &Fields::seq_lens, LayoutKind::fixed("R"))
        .layout("kv_indptr", &Fields::kv_indptr, LayoutKind::fixed("R"))
        .layout("kv_indices", &Fields::kv_indices, LayoutKind::fixed("I"))
        .layout("kv_last_page_len", &Fields::kv_last_page_len, LayoutKind::fixed("R"))
        .layout("out", &Fields::out, LayoutKind::rows("THL"))
        .layout("lse_out", &Fields::lse_out, LayoutKind::any("TH"))
        .precondition("no_empty_request", "each request has keys", {"requests[1]>=1"})
        .renamed("num_splits", "splits")
        .renamed("kv_token_gap", "kv.gap")
        .renamed("kv_page_gap", "kv.outer_gap")
        .renamed("kv_offset", "kv.offset")
        .renamed("table_gap", "block_table.gap")
        .renamed("lse_transposed", "lse_out.order=HT")
        .renamed("lse_gap", "lse_out.gap")
        .renamed("extra_rows", "padding")
        .renamed("table_extra", "spare_columns");
    for (const char* part : {"order", "step", "gap", "offset", "pad", "idle_stride"}) {
      table.renamed(std::string("lse.") + part, std::string("lse_out.") + part);
    }
    for (const char* part : {"offset", "pad", "idle_stride"}) {
      table.renamed(std::string("qo_indptr.") + part, std::string("query_start_loc.") + part);
    }
    for (const std::string name : {"q", "out"}) {
      const std::string order = name == "q" ? "order=HTD" : "order=HTL";
      table.renamed(name + "_head_major", name + "." + order)
          .renamed(name + "_head_gap", name + ".gap, or " + name + ".outer_gap with " + order)
          .renamed(name + "_row_gap", name + ".outer_gap, or " + name + ".gap with " + order)
          .renamed(name + "_offset", name + ".offset");
    }
    return table;
  }();
  return kTable;
}

namespace {

// Of a causal request the last token sees all keys, and each one before it one key less.
bool has_row_of_one_key(const Fields& f) {
  return std::ranges::any_of(f.requests, [&](const Request& request) {
    return f.causal ? request.length >= 1 && request.length <= request.tokens
                    : request.length == 1 && request.tokens > 0;
  });
}

}  // namespace

std::string unfit_scale(const Fields& f) {
  const double magnitude = std::fabs(f.scale_factor());
  if (magnitude > 1) {
    return f.values == Values::exact || f.values == Values::zero_query
               ? ""
               : "the largest scale leaves no logit but 0 finite";
  }
  if (magnitude > 1e-3) return "";
  if (magnitude > 0 && has_row_of_one_key(f)) {
    return "a row of one key has an LSE as small as the scale, below what fp32 resolves";
  }
  switch (f.values) {
    case Values::selector:
    case Values::spike_first:
    case Values::spike_last:
    case Values::spike_page:
    case Values::level:
    case Values::shifted:
      return "the scale is too small for logits of the size that these contents are made for";
    default:
      return "";
  }
}

double Fields::scale_factor() const {
  return scale != kInverseRoot ? scale : 1 / std::sqrt(static_cast<double>(depth()));
}

}  // namespace mlacheck::mla_decode
