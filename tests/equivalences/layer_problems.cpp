#include "tests/equivalences/layer_problems.hpp"

#include <algorithm>
#include <numeric>

#include "properties/common/operands.hpp"
#include "reference/decode_step/parameters.hpp"
#include "reference/prefill_context/parameters.hpp"
#include "reference/prefill_context/schedule.hpp"

namespace mlacheck::equivalences {
namespace {

Operand dense(const char* name, DType dtype, std::vector<std::int64_t> shape,
              std::vector<std::uint32_t> bits) {
  return input_operand(name, dtype, Layout::dense(std::move(shape)), std::move(bits));
}

Operand list(const char* name, const Integers& values) {
  Operand operand = dense(name, DType::i32, {0}, {});
  set_entries(operand, values);
  return operand;
}

void append(std::vector<std::uint32_t>& to, const std::vector<std::uint32_t>& from,
            std::int64_t first, std::int64_t count) {
  to.insert(to.end(), from.begin() + first, from.begin() + first + count);
}

void bury(Operand& operand, std::size_t first, std::int64_t count) {
  operand.cells.resize(operand.bits.size(), Cell::live);
  std::fill_n(operand.cells.begin() + static_cast<std::ptrdiff_t>(first), count, Cell::dead);
}

// Both weights side by side, the up-projection of the keys transposed.
Operand joined_weights(const decode_step::Operands<const Problem>& o) {
  std::vector<std::uint32_t> bits;
  for (std::int64_t h = 0; h < o.heads(); ++h) {
    for (std::int64_t l = 0; l < o.latent(); ++l) {
      for (std::int64_t n = 0; n < o.nope(); ++n) {
        bits.push_back(
            o.w_uk().bits[static_cast<std::size_t>((h * o.nope() + n) * o.latent() + l)]);
      }
      append(bits, o.w_uv().bits, (h * o.latent() + l) * o.width(), o.width());
    }
  }
  return dense("w", o.out().dtype, {o.heads(), o.latent(), o.nope() + o.width()}, std::move(bits));
}

}  // namespace

Integers entries_of(const Operand& operand) {
  Integers values;
  for (const std::uint32_t bits : operand.bits) values.push_back(static_cast<std::int32_t>(bits));
  return values;
}

void set_entries(Operand& operand, const Integers& values) {
  operand.layout = Layout::dense({std::ssize(values)});
  operand.bits.clear();
  for (const std::int64_t value : values) {
    operand.bits.push_back(static_cast<std::uint32_t>(static_cast<std::int32_t>(value)));
  }
}

Integers running_sums(const Integers& values) {
  Integers sums{0};
  for (const std::int64_t value : values) sums.push_back(sums.back() + value);
  return sums;
}

PagedRows::PagedRows(const Operand& kv, const Operand& block_table, std::int64_t pages_before)
    : table_(entries_of(block_table)),
      width_(block_table.layout.shape[1]),
      page_(kv.layout.shape[1]),
      columns_(kv.layout.shape[2]),
      before_(pages_before) {}

std::size_t PagedRows::row_of(std::int64_t request, std::int64_t position) const {
  const auto entry = static_cast<std::size_t>(request * width_ + position / page_);
  return static_cast<std::size_t>(((before_ + table_.at(entry)) * page_ + position % page_) *
                                  columns_);
}

Problem as_prefill(const Problem& decode, std::int64_t chunk) {
  const decode_step::Operands o{decode};
  const DType dtype = o.out().dtype;
  const Integers lens = entries_of(o.decode_lens());
  const Integers lengths = entries_of(o.seq_lens());
  const Integers starts = running_sums(lens);
  const std::int64_t tokens = starts.back();
  const PagedRows cache(o.kv(), o.block_table());
  std::vector<std::uint32_t> q;
  for (std::int64_t row = 0; row < tokens * o.heads(); ++row) {
    append(q, o.q_nope().bits, row * o.nope(), o.nope());
    append(q, o.q_rope().bits, row * o.rope(), o.rope());
  }
  Operand kv = o.kv();
  Operand table = o.block_table();
  std::vector<std::uint32_t> new_rows;
  Integers context;
  prefill_context::Parameters p{.chunk = chunk, .scale = decode.real("scale")};
  for (std::size_t r = 0; r < lens.size(); ++r) {
    const auto request = static_cast<std::int64_t>(r);
    context.push_back(lens[r] == 0 ? 0 : lengths[r] - lens[r]);
    for (std::int64_t i = context[r]; i < context[r] + lens[r]; ++i) {
      const std::size_t at = cache.row_of(request, i);
      append(new_rows, o.kv().bits, static_cast<std::int64_t>(at), o.depth());
      bury(kv, at, o.depth());
    }
    // Nobody may look up a page that has no context.
    const std::int64_t used = (context[r] + o.page() - 1) / o.page();
    bury(table, static_cast<std::size_t>(request * o.columns() + used), o.columns() - used);
    p.max_context = std::max(p.max_context, context[r]);
    if (context[r] > 0) p.context_tokens = starts[r + 1];
  }
  Problem problem;
  problem.operands = {dense("q", dtype, {tokens, o.heads(), o.nope() + o.rope()}, std::move(q)),
                      dense("new_kv", dtype, {tokens, o.depth()}, std::move(new_rows)),
                      std::move(kv),
                      joined_weights(o),
                      list("query_start_loc", starts),
                      std::move(table),
                      list("context_lens", context),
                      output_operand("out", dtype, Layout::dense({tokens, o.heads(), o.width()}))};
  reference::write_scalars(problem, p);
  return problem;
}

Unchunked without_context(const Problem& prefill) {
  const prefill_context::Operands o{prefill};
  prefill_context::Parameters p = prefill_context::Parameters::of(prefill);
  const Integers starts = entries_of(o.query_start_loc());
  const Integers context = entries_of(o.context_lens());
  const std::int64_t pages = o.kv().layout.shape[0] / p.ranks;
  const DType dtype = o.out().dtype;
  Unchunked result;
  std::vector<std::uint32_t> q;
  std::vector<std::uint32_t> rows;
  Integers lens;
  for (std::int64_t r = 0; r < o.requests(); ++r) {
    const auto at = static_cast<std::size_t>(r);
    const std::int64_t tokens = starts[at + 1] - starts[at];
    // A token past C has no context, whatever the cache has of its request.
    const std::int64_t before = starts[at] < p.context_tokens && tokens > 0 ? context[at] : 0;
    for (std::int64_t i = 0; i < before; ++i) {
      const auto [rank, position] = prefill_context::place_of(p, i);
      const PagedRows cache(o.kv(), o.block_table(), rank * pages);
      append(rows, o.kv().bits, static_cast<std::int64_t>(cache.row_of(r, position)), o.columns());
    }
    q.resize(q.size() + static_cast<std::size_t>(before * o.heads() * o.depth()), 0);
    append(q, o.q().bits, starts[at] * o.heads() * o.depth(), tokens * o.heads() * o.depth());
    append(rows, o.new_kv().bits, starts[at] * o.columns(), tokens * o.columns());
    lens.push_back(before + tokens);
    result.rows_before.push_back(before);
  }
  const Integers all = running_sums(lens);
  const std::int64_t requests = o.requests();
  Operand table = dense("block_table", DType::i32, {requests, 0}, {});
  result.problem.operands = {
      dense("q", dtype, {all.back(), o.heads(), o.depth()}, std::move(q)),
      dense("new_kv", dtype, {all.back(), o.columns()}, std::move(rows)),
      dense("kv", dtype, {0, 1, o.columns()}, {}),
      o.w(),
      list("query_start_loc", all),
      std::move(table),
      list("context_lens", Integers(static_cast<std::size_t>(requests), 0)),
      output_operand("out", dtype, Layout::dense({all.back(), o.heads(), o.width()}))};
  p = {.scale = p.scale};
  reference::write_scalars(result.problem, p);
  return result;
}

}  // namespace mlacheck::equivalences
