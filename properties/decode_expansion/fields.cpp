#include "properties/decode_expansion/fields.hpp"

#include <algorithm>
#include <numeric>

namespace mlacheck::decode_expansion {
namespace {

Integers overridden(Integers values, const Integers& replacements) {
  std::copy_n(replacements.begin(), std::min(values.size(), replacements.size()), values.begin());
  return values;
}

}  // namespace

const FieldTable<Fields>& field_table() {
  static const FieldTable<Fields> kTable = [] {
    FieldTable<Fields> table("decode_expansion");
    table.list("seqs", &Fields::seqs, 0, std::int64_t{1} << 22)
        .sizes({256, 0})
        .about("tokens of each request, with this step")
        .extent("D", &Fields::decode_len, 0, 100000, 17)
        .far({70000})
        .about("tokens of a request in this step")
        .list("lens", &Fields::lens, 0, 64)
        .about("D of the first requests, where not D")
        .list("device_lens", &Fields::device_lens, 0, 64)
        .about("the same as device memory has it")
        .extent("padding", &Fields::padding, 0, 100000, 64)
        .far({70000})
        .about("rows of the step past the last token")
        .extent("W", &Fields::columns, 0, 100000, 1024)
        .far({70000})
        .about("columns of the block table")
        .one_of("page", &Fields::page, {{"1", 1}, {"16", 16}, {"64", 64}})
        .about("tokens of a page")
        .integer("wider", &Fields::wider, 0, 1024)
        .about("columns of the result past W")
        .integer("spare_rows", &Fields::spare_rows, 0, 64)
        .about("rows of the result past the step")
        .integer("base", &Fields::base, 0, 1 << 20)
        .about("first entry of query_start_loc")
        .choice("tail", &Fields::tail)
        .about("what lies past a request's pages")
        .seed("seed", &Fields::seed)
        .layout("seq_lens", &Fields::seq_lens, LayoutKind::fixed("R"))
        .layout("block_table", &Fields::block_table, LayoutKind::fixed("RW"))
        .layout("decode_lens", &Fields::decode_lens, LayoutKind::fixed("R"))
        .layout("query_start_loc", &Fields::query_start_loc, LayoutKind::fixed("R"))
        .layout("expanded_seq_lens", &Fields::expanded_seq_lens, LayoutKind::fixed("T"))
        .layout("expanded_block_table", &Fields::expanded_block_table, LayoutKind::fixed("TW"))
        .layout("expanded_decode_lens", &Fields::expanded_decode_lens, LayoutKind::fixed("T"))
        .renamed("page_size", "page")
        .renamed("gap_in", "block_table.gap")
        .renamed("gap_out", "expanded_block_table.gap")
        .renamed("offset_in", "block_table.offset, seq_lens.offset and so on")
        .renamed("offset_out", "expanded_block_table.offset, expanded_seq_lens.offset and so on");
    return table;
  }();
  return kTable;
}

Sizes::Sizes(const Fields& f)
    : host_lens(overridden(Integers(f.seqs.size(), f.decode_len), f.lens)),
      device_lens(overridden(host_lens, f.device_lens)),
      wide_columns(f.columns + f.wider),
      host_tokens(std::accumulate(host_lens.begin(), host_lens.end(), std::int64_t{0})),
      tokens(host_tokens + f.padding),
      capacity(tokens + f.spare_rows) {}

Layout Sizes::block_table(const Fields& f) const {
  return f.block_table.layout({requests(), f.columns});
}

Layout Sizes::expanded_block_table(const Fields& f) const {
  return f.expanded_block_table.layout({capacity, wide_columns});
}

}  // namespace mlacheck::decode_expansion
