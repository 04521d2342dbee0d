#include <algorithm>
#include <string>
#include <utility>

#include "properties/decode_expansion/parts.hpp"
#include "reference/decode_expansion/consumer.hpp"

namespace mlacheck::decode_expansion {
namespace {

using Integers = std::vector<std::int64_t>;

void append(Operand& operand, std::int64_t value) {
  operand.bits.push_back(static_cast<std::uint32_t>(value));
  if (!operand.cells.empty()) operand.cells.push_back(Cell::live);
  operand.layout = Layout::dense({operand.layout.shape[0] + 1});
}

// Who owns the rows of an expansion, from its decode lengths in device memory.
struct Rows {
  explicit Rows(const Problem& problem) : tokens(problem.integer("tokens")) {
    for (const std::uint32_t bits : problem.operand("decode_lens").bits) {
      starts.push_back(end);
      end += bits;
    }
    starts.push_back(end);
  }

  std::int64_t length(std::int64_t r) const {
    return starts[static_cast<std::size_t>(r) + 1] - starts[static_cast<std::size_t>(r)];
  }
  std::int64_t requests() const { return std::ssize(starts) - 1; }

  std::int64_t tokens;
  Integers starts;
  std::int64_t end = 0;  ///< padding begins, or what is past `tokens` is cut off
};

// Adds the lengths up anew: they may have changed places.
void restart_query_locations(Problem& problem, std::int64_t base) {
  Operand& starts = problem.operand("query_start_loc");
  const Rows rows(problem);
  starts.layout = Layout::dense({rows.requests()});
  starts.cells.clear();
  starts.bits.clear();
  for (std::int64_t r = 0; r < rows.requests(); ++r) {
    starts.bits.push_back(
        static_cast<std::uint32_t>(base + rows.starts[static_cast<std::size_t>(r)]));
  }
}

// Outputs with exactly `tokens` rows and the cells that the contract gives them.
void reshape_outputs(Problem& problem) {
  const Rows rows(problem);
  for (const char* name : {"expanded_seq_lens", "expanded_decode_lens"}) {
    Operand& operand = problem.operand(name);
    operand.layout = Layout::dense({rows.tokens});
    operand.cells.clear();
  }
  const Operand& source = problem.operand("block_table");
  const std::int64_t columns = source.layout.shape[1];
  Operand& table = problem.operand("expanded_block_table");
  const std::int64_t wide = table.layout.shape[1];
  table.layout = Layout::dense({rows.tokens, wide});
  table.cells.assign(static_cast<std::size_t>(rows.tokens * wide), Cell::dead);
  std::int64_t row = 0;
  for (std::int64_t r = 0; r < rows.requests(); ++r) {
    for (std::int64_t j = 0; j < rows.length(r) && row < rows.tokens; ++j, ++row) {
      for (std::int64_t column = 0; column < columns; ++column) {
        // A copy of a cell that holds nothing may hold anything.
        const bool holds =
            source.cell(static_cast<std::size_t>(r * columns + column)) == Cell::live;
        table.cells[static_cast<std::size_t>(row * wide + column)] =
            holds ? Cell::live : Cell::optional;
      }
    }
  }
  for (; row < rows.tokens && columns > 0; ++row) {
    table.cells[static_cast<std::size_t>(row * wide)] = Cell::live;
  }
}

// Row pairs (mine, theirs): request requests[k] is theirs k, and padding matches padding.
std::vector<std::pair<std::int64_t, std::int64_t>> row_pairs(const Rows& mine, const Rows& theirs,
                                                             const Integers& requests) {
  std::vector<std::pair<std::int64_t, std::int64_t>> pairs;
  for (std::size_t k = 0; k < requests.size(); ++k) {
    for (std::int64_t j = 0; j < mine.length(requests[k]); ++j) {
      const std::int64_t a = mine.starts[static_cast<std::size_t>(requests[k])] + j;
      const std::int64_t b = theirs.starts[k] + j;
      if (a < mine.tokens && b < theirs.tokens) pairs.emplace_back(a, b);
    }
  }
  for (std::int64_t i = 0; mine.end + i < mine.tokens && theirs.end + i < theirs.tokens; ++i) {
    pairs.emplace_back(mine.end + i, theirs.end + i);
  }
  return pairs;
}

void match_rows(Relation& relation, const Problem& problem, const Integers& requests) {
  const auto pairs = row_pairs(Rows(problem), Rows(relation.problem), requests);
  for (const char* name : {"expanded_seq_lens", "expanded_block_table", "expanded_decode_lens"}) {
    const std::vector<std::int64_t>& shape = problem.operand(name).layout.shape;
    const std::int64_t inner = shape.size() == 2 ? shape[1] : 1;
    Match match{name, {}, {}};
    for (const auto& [mine, theirs] : pairs) {
      for (std::int64_t i = 0; i < inner; ++i) {
        match.mine.push_back(static_cast<std::size_t>(mine * inner + i));
        match.theirs.push_back(static_cast<std::size_t>(theirs * inner + i));
      }
    }
    relation.matches.push_back(std::move(match));
  }
}

// The inputs of the chosen requests; scalars are still those of all.
Relation chosen_requests(std::string name, const Problem& problem, const Integers& requests) {
  return restricted(Check::batch, std::move(name), problem,
                    {{"seq_lens", 0}, {"block_table", 0}, {"decode_lens", 0}}, requests);
}

void complete(Relation& relation, const Problem& problem, const Integers& requests) {
  const Operand& starts = problem.operand("query_start_loc");
  restart_query_locations(relation.problem, starts.bits.empty() ? 0 : starts.bits[0]);
  reshape_outputs(relation.problem);
  match_rows(relation, problem, requests);
}

Relation sequences_permuted(const Problem& problem, Random& random) {
  const Integers order = draw_order(random, 0, problem.operand("seq_lens").layout.shape[0]);
  Relation relation = chosen_requests("sequences permuted", problem, order);
  complete(relation, problem, order);
  return relation;
}

// With one row of padding behind it.
Relation one_sequence(const Problem& problem, std::int64_t r) {
  Relation relation = chosen_requests("sequence " + std::to_string(r) + " alone", problem, {r});
  const std::int64_t length = Rows(problem).length(r);
  std::int64_t known = length;
  if (problem.integer("lens_exact") != 0) {
    set_integer(relation.problem, "min_decode_len", length);
    set_integer(relation.problem, "max_decode_len", length);
  } else {
    known = problem.integer("max_decode_len");
  }
  set_integer(relation.problem, "decode_tokens", known);
  set_integer(relation.problem, "tokens", std::max(length, known) + 1);
  complete(relation, problem, {r});
  return relation;
}

// What schedulers append to fill a captured graph: a request without history whose table row is 0.
// Rows of padding move behind its own.
Relation padded_request_appended(const Problem& problem) {
  const std::int64_t requests = problem.operand("seq_lens").layout.shape[0];
  const std::int64_t length = problem.integer("max_decode_len");
  const Integers all = index_range(0, requests);
  Relation relation = chosen_requests("a padded request appended", problem, all);
  append(relation.problem.operand("seq_lens"), 0);
  append(relation.problem.operand("decode_lens"), length);
  Operand& table = relation.problem.operand("block_table");
  const std::int64_t columns = table.layout.shape[1];
  if (table.cells.empty()) table.cells.assign(table.bits.size(), Cell::live);
  table.bits.resize(static_cast<std::size_t>((requests + 1) * columns), 0);
  table.cells.resize(table.bits.size(), length > 0 ? Cell::live : Cell::dead);
  table.layout = Layout::dense({requests + 1, columns});
  set_integer(relation.problem, "decode_tokens", problem.integer("decode_tokens") + length);
  set_integer(relation.problem, "tokens", problem.integer("tokens") + length);
  complete(relation, problem, all);
  return relation;
}

}  // namespace

std::vector<Relation> relations_of(const Problem& problem, Random& random) {
  const std::int64_t requests = problem.operand("seq_lens").layout.shape[0];
  if (problem.integer("tokens") == 0 || requests == 0) return {};
  std::vector<RelationMaker> candidates{
      [&] { return one_sequence(problem, random.between(0, requests - 1)); },
      [&] { return padded_request_appended(problem); }};
  if (requests > 1) {
    candidates.emplace_back([&] { return sequences_permuted(problem, random); });
  }
  return draw_relations(random, std::move(candidates));
}

std::vector<std::string> faults_of(const Problem& problem,
                                   const std::vector<std::vector<std::uint32_t>>& outputs) {
  const Operand& table = problem.operand("expanded_block_table");
  ExpansionView view;
  view.rows = problem.integer("tokens");
  view.columns = problem.operand("block_table").layout.shape[1];
  view.row_pitch = table.layout.shape[1];
  view.page_size = problem.integer("page_size");
  view.pool_pages = problem.integer("pool_pages");
  // A prefetch of the first page is harmless only where every row has one.
  view.prefetches_first_page = view.columns > 0;
  for (std::int64_t row = 0; row < view.rows; ++row) {
    const auto first = static_cast<std::size_t>(row * view.row_pitch);
    if (view.columns > 0 && table.cell(first) != Cell::live) view.prefetches_first_page = false;
  }
  view.seq_lens = outputs[problem.index_of("expanded_seq_lens")];
  view.block_table = outputs[problem.index_of("expanded_block_table")];
  return consumer_faults(view);
}

}  // namespace mlacheck::decode_expansion
