#include "properties/decode_expansion/fields.hpp"

#include <algorithm>
#include <numeric>

namespace mlacheck::decode_expansion {
namespace {

Integers tokens_of(const std::vector<Request>& requests) {
  Integers tokens;
  for (const Request& request : requests) tokens.push_back(request.tokens);
  return tokens;
}

Integers overridden(Integers values, const Integers& replacements) {
  std::copy_n(replacements.begin(), std::min(values.size(), replacements.size()), values.begin());
  return values;
}

}  // namespace

const FieldTable<Fields>& field_table() {
  static const FieldTable<Fields> kTable = [] {
    FieldTable<Fields> table("decode_expansion");
    table
        .list("requests", &Fields::requests, {&Request::tokens, &Request::length}, 0,
              std::int64_t{1} << 22)
        .sizes({1023, 17, 0})
        .list("device_tokens", &Fields::device_tokens, 0, kMostTokens)
        .about("those tokens as device memory has them")
        .extent("padding", &Fields::padding, 0, 100000, 64)
        .far({70000})
        .extent("W", &Fields::columns, 0, 100000, 1024)
        .far({70000})
        .about("columns of the block table")
        .one_of("page", &Fields::page, {{"1", 1}, {"16", 16}, {"64", 64}})
        .integer("spare_columns", &Fields::spare_columns, 0, 1024)
        .about("columns of the result past W")
        .integer("spare_rows", &Fields::spare_rows, 0, 64)
        .about("rows of the result past the step")
        .integer("base", &Fields::base, 0, 1 << 20)
        .about("first entry of query_start_loc")
        .seed("seed", &Fields::seed)
        .layout("seq_lens", &Fields::seq_lens, LayoutKind::fixed("R"))
        .layout("block_table", &Fields::block_table, LayoutKind::fixed("RW"))
        .choice("block_table.tail", &Fields::block_table_tail)
        .about("what lies past a request's pages")
        .layout("decode_lens", &Fields::decode_lens, LayoutKind::fixed("R"))
        .layout("query_start_loc", &Fields::query_start_loc, LayoutKind::fixed("R"))
        .layout("expanded_seq_lens", &Fields::expanded_seq_lens, LayoutKind::fixed("T"))
        .layout("expanded_block_table", &Fields::expanded_block_table, LayoutKind::fixed("TW"))
        .layout("expanded_decode_lens", &Fields::expanded_decode_lens, LayoutKind::fixed("T"))
        .precondition("no_empty_request", "each request has tokens",
                      {"requests[0]>=1", "device_tokens[0]>=1"})
        .precondition("no_padding", "no rows of a captured graph past the step", {"padding=0"})
        .precondition("no_spare_columns", "the result is as wide as the block table",
                      {"spare_columns=0"})
        .renamed("seqs", "requests=[tokens:length,...], with D or lens for the tokens")
        .renamed("D", "requests=[tokens:length,...], with D for the tokens")
        .renamed("lens", "requests=[tokens:length,...]")
        .renamed("device_lens", "device_tokens")
        .renamed("wider", "spare_columns")
        .renamed("tail", "block_table.tail")
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
    : host_lens(tokens_of(f.requests)),
      device_lens(overridden(host_lens, f.device_tokens)),
      wide_columns(f.columns + f.spare_columns),
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
