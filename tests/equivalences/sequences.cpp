#include "tests/equivalences/sequences.hpp"

#include <algorithm>
#include <utility>

#include "properties/common/operands.hpp"
#include "reference/decode_step/parameters.hpp"
#include "reference/prefill_context/parameters.hpp"

namespace mlacheck::equivalences {
namespace {

Operand list(const char* name, const Integers& values) {
  Operand operand = input_operand(name, DType::i32, Layout::dense({0}));
  set_entries(operand, values);
  return operand;
}

Integers each(const std::vector<Range>& ranges, std::int64_t (*value)(const Range&)) {
  Integers values;
  for (const Range& range : ranges) values.push_back(value(range));
  return values;
}

std::int64_t tokens_of(const Range& range) { return range.tokens(); }
std::int64_t first_of(const Range& range) { return range.tokens() > 0 ? range.first : 0; }
std::int64_t end_of(const Range& range) { return range.tokens() > 0 ? range.end : 0; }

}  // namespace

Sequences::Sequences(const LayerSizes& sizes, Integers lengths, Random& random)
    : sizes_(sizes), lengths_(std::move(lengths)) {
  for (const std::int64_t length : lengths_) {
    q_.push_back(draw(random, length * sizes.heads * (sizes.nope + sizes.rope), 2));
    latents_.push_back(draw(random, length * (sizes.latent + sizes.rope), 2));
  }
  w_uk_ = draw(random, sizes.heads * sizes.nope * sizes.latent, 0.5);
  w_uv_ = draw(random, sizes.heads * sizes.latent * sizes.width, 0.5);
}

Sequences::Bits Sequences::draw(Random& random, std::int64_t count, double size) const {
  Bits bits;
  for (std::int64_t i = 0; i < count; ++i) {
    const double value = size * static_cast<double>(random.between(-1000, 1000)) / 1000;
    bits.push_back(encode(sizes_.dtype, value));
  }
  return bits;
}

Operand Sequences::operand(const char* name, std::vector<std::int64_t> shape, Bits bits) const {
  return input_operand(name, sizes_.dtype, Layout::dense(std::move(shape)), std::move(bits));
}

Sequences::Bits Sequences::rows(const std::vector<Bits>& all, const std::vector<Range>& ranges,
                                std::int64_t elements) const {
  Bits some;
  for (std::size_t r = 0; r < ranges.size(); ++r) {
    some.insert(some.end(), all[r].begin() + ranges[r].first * elements,
                all[r].begin() + ranges[r].end * elements);
  }
  return some;
}

std::int64_t Sequences::most_pages() const {
  return *std::max_element(lengths_.begin(), lengths_.end()) / sizes_.page + 1;
}

Operand Sequences::cache(const Integers& ends, std::int64_t ranks) const {
  const std::int64_t columns = sizes_.latent + sizes_.rope;
  const std::int64_t pages = most_pages();
  const std::int64_t requests = std::ssize(ends);
  Operand kv = operand("kv", {ranks * requests * pages, sizes_.page, columns}, {});
  kv.bits.assign(static_cast<std::size_t>(kv.layout.elements()), 0);
  kv.cells.assign(kv.bits.size(), Cell::dead);
  for (std::int64_t r = 0; r < requests; ++r) {
    const auto request = static_cast<std::size_t>(r);
    for (std::int64_t i = 0; i < ends[request]; ++i) {
      const std::int64_t first_page = (i % ranks * requests + r) * pages;
      const std::int64_t to = (first_page * sizes_.page + i / ranks) * columns;
      std::copy_n(latents_[request].begin() + i * columns, columns, kv.bits.begin() + to);
      std::fill_n(kv.cells.begin() + to, columns, Cell::live);
    }
  }
  return kv;
}

Operand Sequences::table(const Integers& ends, std::int64_t ranks) const {
  Integers pages;
  std::vector<Cell> cells;
  for (std::int64_t r = 0; r < std::ssize(ends); ++r) {
    const std::int64_t held = (ends[static_cast<std::size_t>(r)] + ranks - 1) / ranks;
    for (std::int64_t i = 0; i < most_pages(); ++i) {
      pages.push_back(r * most_pages() + i);
      cells.push_back(i * sizes_.page < held ? Cell::live : Cell::dead);
    }
  }
  Operand table = list("block_table", pages);
  table.layout = Layout::dense({std::ssize(ends), most_pages()});
  table.cells = std::move(cells);
  return table;
}

Problem Sequences::decode(const std::vector<Range>& ranges, std::int64_t splits) const {
  const Integers lens = each(ranges, &tokens_of);
  const Integers ends = each(ranges, &end_of);
  const Integers starts = running_sums(lens);
  const std::int64_t tokens = starts.back();
  const std::int64_t depth = sizes_.nope + sizes_.rope;
  Operand q = operand("q", {tokens, sizes_.heads, depth}, rows(q_, ranges, sizes_.heads * depth));
  Bits nope;
  Bits rope;
  for (std::size_t i = 0; i < q.bits.size(); ++i) {
    const bool is_nope = static_cast<std::int64_t>(i) % depth < sizes_.nope;
    (is_nope ? nope : rope).push_back(q.bits[i]);
  }
  Problem problem;
  problem.operands = {
      operand("q_nope", {tokens, sizes_.heads, sizes_.nope}, std::move(nope)),
      operand("q_rope", {tokens, sizes_.heads, sizes_.rope}, std::move(rope)),
      cache(ends, 1),
      operand("w_uk", {sizes_.heads, sizes_.nope, sizes_.latent}, w_uk_),
      operand("w_uv", {sizes_.heads, sizes_.latent, sizes_.width}, w_uv_),
      list("seq_lens", ends),
      table(ends, 1),
      list("decode_lens", lens),
      list("query_start_loc", Integers(starts.begin(), starts.end() - 1)),
      output_operand("out", sizes_.dtype, Layout::dense({tokens, sizes_.heads, sizes_.width}))};
  reference::write_scalars(
      problem,
      decode_step::Parameters{.decode_tokens = tokens,
                              .min_decode_len = *std::min_element(lens.begin(), lens.end()),
                              .max_decode_len = *std::max_element(lens.begin(), lens.end()),
                              .splits = splits,
                              .scale = sizes_.scale});
  return problem;
}

Problem Sequences::prefill(const std::vector<Range>& ranges, std::int64_t chunk,
                           std::int64_t ranks) const {
  const Integers context = each(ranges, &first_of);
  const Integers starts = running_sums(each(ranges, &tokens_of));
  const std::int64_t tokens = starts.back();
  const std::int64_t depth = sizes_.nope + sizes_.rope;
  const std::int64_t columns = sizes_.latent + sizes_.rope;
  Bits w;
  for (std::int64_t h = 0; h < sizes_.heads; ++h) {
    for (std::int64_t l = 0; l < sizes_.latent; ++l) {
      for (std::int64_t n = 0; n < sizes_.nope; ++n) {
        w.push_back(w_uk_[static_cast<std::size_t>((h * sizes_.nope + n) * sizes_.latent + l)]);
      }
      const auto values = w_uv_.begin() + (h * sizes_.latent + l) * sizes_.width;
      w.insert(w.end(), values, values + sizes_.width);
    }
  }
  prefill_context::Parameters p{.chunk = chunk, .ranks = ranks, .scale = sizes_.scale};
  for (std::size_t r = 0; r < context.size(); ++r) {
    p.max_context = std::max(p.max_context, context[r]);
    if (context[r] > 0) p.context_tokens = starts[r + 1];
  }
  Problem problem;
  problem.operands = {
      operand("q", {tokens, sizes_.heads, depth}, rows(q_, ranges, sizes_.heads * depth)),
      operand("new_kv", {tokens, columns}, rows(latents_, ranges, columns)),
      cache(context, ranks),
      operand("w", {sizes_.heads, sizes_.latent, sizes_.nope + sizes_.width}, std::move(w)),
      list("query_start_loc", starts),
      table(context, ranks),
      list("context_lens", context),
      output_operand("out", sizes_.dtype, Layout::dense({tokens, sizes_.heads, sizes_.width}))};
  reference::write_scalars(problem, p);
  return problem;
}

}  // namespace mlacheck::equivalences
