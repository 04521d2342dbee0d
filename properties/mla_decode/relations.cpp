#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "properties/mla_decode/fields.hpp"

namespace mlacheck::mla_decode {
namespace {

using Integers = std::vector<std::int64_t>;

const std::vector<OperandAxis> kRowAxes{{"q", 0}, {"out", 0}, {"lse_out", 0}};
const std::vector<OperandAxis> kHeadAxes{{"q", 1}, {"out", 1}, {"lse_out", 1}};

std::int64_t entry(const Operand& operand, std::int64_t i) {
  return static_cast<std::int32_t>(operand.bits[static_cast<std::size_t>(i)]);
}

// A dense list of live entries.
void set_entries(Operand& operand, const Integers& values) {
  operand.layout = Layout::dense({std::ssize(values)});
  operand.cells.clear();
  operand.bits.clear();
  for (const std::int64_t value : values) {
    operand.bits.push_back(static_cast<std::uint32_t>(value));
  }
}

// The page lists of the chosen requests, one after the other.
void choose_csr(const Problem& from, Problem& to, const Integers& requests) {
  const Operand& starts = Operands{from}.kv_indptr();
  const Operand& pages = Operands{from}.kv_indices();
  Integers chosen_starts{0};
  Integers chosen_pages;
  for (const std::int64_t r : requests) {
    for (std::int64_t i = entry(starts, r); i < entry(starts, r + 1); ++i) {
      chosen_pages.push_back(entry(pages, i));
    }
    chosen_starts.push_back(std::ssize(chosen_pages));
  }
  const Operands o{to};
  set_entries(o.kv_indptr(), chosen_starts);
  set_entries(o.kv_indices(), chosen_pages);
  Operand& last = o.kv_last_page_len();
  last = take(last, 0, requests);
}

// The requests of a list, in its order, with the padding rows behind them or left out.
Relation chosen_requests(std::string name, const Problem& problem, const Integers& requests,
                         bool keep_spare_rows) {
  const Operand& starts = Operands{problem}.query_start_loc();
  Integers rows;
  Integers chosen_starts{0};
  for (const std::int64_t r : requests) {
    const Integers own = index_range(entry(starts, r), entry(starts, r + 1));
    rows.insert(rows.end(), own.begin(), own.end());
    chosen_starts.push_back(std::ssize(rows));
  }
  if (keep_spare_rows) {
    const std::int64_t owned = entry(starts, starts.layout.shape[0] - 1);
    const Integers spare = index_range(owned, Operands{problem}.q().layout.shape[0]);
    rows.insert(rows.end(), spare.begin(), spare.end());
  }
  Relation relation = restricted(Check::batch, std::move(name), problem, kRowAxes, rows);
  const Operands o{relation.problem};
  set_entries(o.query_start_loc(), chosen_starts);
  if (!o.has_block_table()) {
    choose_csr(problem, relation.problem, requests);
    return relation;
  }
  for (Operand* per_request : {&o.block_table(), &o.seq_lens()}) {
    *per_request = take(*per_request, 0, requests);
  }
  return relation;
}

Relation every_row(std::string name, const Problem& problem) {
  return restricted(Check::batch, std::move(name), problem, kRowAxes,
                    index_range(0, Operands{problem}.q().layout.shape[0]));
}

Operand& page_map(Problem& problem) {
  const Operands o{problem};
  return o.has_block_table() ? o.block_table() : o.kv_indices();
}

// The cache's pages change places, and the page map says so.
Relation pages_renumbered(const Problem& problem, Random& random) {
  Relation relation = every_row("physical pages renumbered", problem);
  Operand& cache = Operands{relation.problem}.kv();
  const Integers order = draw_order(random, 0, cache.layout.shape[0]);
  Integers place(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    place[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
  }
  cache = take(cache, 0, order);
  Operand& map = page_map(relation.problem);
  for (std::size_t i = 0; i < map.bits.size(); ++i) {
    if (map.cell(i) == Cell::live) {
      map.bits[i] = static_cast<std::uint32_t>(place[map.bits[i]]);
    }
  }
  return relation;
}

// Entries that no request's length reaches.
Relation table_widened(const Problem& problem, std::int64_t more) {
  Relation relation =
      every_row(std::to_string(more) + " unused entries added to the page map", problem);
  Operand& map = page_map(relation.problem);
  const std::int64_t rows = map.layout.shape.size() == 2 ? map.layout.shape[0] : 1;
  const std::int64_t columns = map.layout.shape.back();
  Operand wider = map;
  wider.bits.clear();
  wider.cells.clear();
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t column = 0; column < columns + more; ++column) {
      const auto at = static_cast<std::size_t>(row * columns + column);
      const bool added = column >= columns;
      wider.bits.push_back(added ? 0 : map.bits[at]);
      wider.cells.push_back(added ? Cell::dead : map.cell(at));
    }
  }
  std::vector<std::int64_t> shape = map.layout.shape;
  shape.back() = columns + more;
  wider.layout = Layout::dense(std::move(shape));
  map = std::move(wider);
  return relation;
}

// Each row of the last axis with one element more.
Operand wider(const Operand& operand, double element) {
  const auto columns = static_cast<std::size_t>(operand.layout.shape[2]);
  Operand result = operand;
  std::vector<std::int64_t> shape = operand.layout.shape;
  ++shape[2];
  result.layout = Layout::dense(std::move(shape));
  result.bits.clear();
  result.cells.clear();
  for (std::size_t i = 0; i < operand.bits.size(); ++i) {
    result.bits.push_back(operand.bits[i]);
    result.cells.push_back(operand.cell(i));
    if (i % columns + 1 != columns) continue;
    result.bits.push_back(encode(operand.dtype, element));
    result.cells.push_back(operand.cell(i));
  }
  return result;
}

// One more column of q and of the keys, each of which holds one number: softmax does not see a
// constant, and the LSE moves by it. Powers of two, so that the products are exact.
std::optional<Relation> logits_shifted(const Problem& problem, Random& random) {
  constexpr std::int64_t kMostDepth = 1024;
  if (Operands{problem}.q().layout.shape[2] >= kMostDepth) return std::nullopt;
  const double scale = static_cast<float>(Parameters::of(problem).scale);
  // What is added, about: further away the sum of a logit would hold nothing but the constant.
  const double wanted = random.pick<double>({-200, -1000, -4000, -16000, 200, 1000});
  if (std::fabs(scale) <= 1e-3 || std::fabs(scale) > 1) return std::nullopt;
  constexpr double kKey = 16;
  const double query = std::copysign(
      std::exp2(std::round(std::log2(std::fabs(wanted / scale) / kKey))), wanted * scale);
  Relation relation = every_row("", problem);
  relation.check = Check::probe;
  const Operands o{relation.problem};
  o.q() = wider(o.q(), query);
  o.kv() = wider(o.kv(), kKey);
  const double moved = query * kKey * scale;
  relation.name = std::to_string(moved) + " added to every logit";
  for (Match& match : relation.matches) match.moved_by = match.operand == "lse_out" ? moved : 0;
  return relation;
}

}  // namespace

std::vector<RowSize> row_sizes_of(const Problem& problem) {
  std::vector<RowSize> sizes{{"heads", kHeadAxes}};
  if (!Parameters::of(problem).causal) sizes.push_back({"rows", kRowAxes});
  return sizes;
}

void move_rows_of(Problem& problem, const RowSize& size, const RowPlaces& places) {
  if (size.name != "rows") return;
  Operand& starts = Operands{problem}.query_start_loc();
  Integers moved;
  for (std::int64_t r = 0; r < starts.layout.shape[0]; ++r) {
    moved.push_back(places.before(entry(starts, r)));
  }
  for (std::size_t r = 0; r < moved.size(); ++r) {
    starts.bits[r] = static_cast<std::uint32_t>(moved[r]);
  }
}

std::vector<Relation> relations_of(const Problem& problem, Random& random) {
  const Operands o{problem};
  const Operand& starts = o.query_start_loc();
  const std::int64_t requests = starts.layout.shape[0] - 1;
  const std::int64_t heads = o.q().layout.shape[1];
  if (entry(starts, requests) == 0) return {};  // nobody has a row
  Integers with_rows;
  for (std::int64_t r = 0; r < requests; ++r) {
    if (entry(starts, r + 1) > entry(starts, r)) with_rows.push_back(r);
  }
  std::vector<RelationMaker> candidates{
      [&] {
        const std::int64_t r = random.pick(with_rows);
        return chosen_requests("request " + std::to_string(r) + " alone", problem, {r}, false);
      },
      [&] {
        const std::int64_t head = random.between(0, heads - 1);
        return restricted(Check::batch, "head " + std::to_string(head) + " alone", problem,
                          kHeadAxes, {head});
      },
      [&] { return table_widened(problem, random.between(1, 9)); },
      [&] { return logits_shifted(problem, random); }};
  if (requests > 1) {
    candidates.emplace_back([&] {
      return chosen_requests("requests permuted", problem, draw_order(random, 0, requests), true);
    });
  }
  if (heads > 1) {
    candidates.emplace_back([&] {
      return restricted(Check::batch, "heads permuted", problem, kHeadAxes,
                        draw_order(random, 0, heads));
    });
  }
  if (o.kv().layout.shape[0] > 1) {
    candidates.emplace_back([&] { return pages_renumbered(problem, random); });
  }
  return draw_relations(random, std::move(candidates));
}

}  // namespace mlacheck::mla_decode
