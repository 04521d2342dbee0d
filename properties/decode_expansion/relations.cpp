#include <algorithm>
#include <string>
#include <utility>

#include "properties/decode_expansion/fields.hpp"

namespace mlacheck::decode_expansion {
namespace {

using Integers = std::vector<std::int64_t>;

void append(Operand& operand, std::int64_t value) {
  operand.bits.push_back(static_cast<std::uint32_t>(value));
  if (!operand.cells.empty()) operand.cells.push_back(Cell::live);
  operand.layout = Layout::dense({operand.layout.shape[0] + 1});
}

std::int64_t requests_of(const Problem& problem) {
  return Operands{problem}.seq_lens().layout.shape[0];
}

// Who owns the rows of an expansion, from its decode lengths in device memory.
struct Rows {
  explicit Rows(const Problem& problem) : tokens(Parameters::of(problem).tokens) {
    for (const std::uint32_t bits : Operands{problem}.decode_lens().bits) {
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
  Operand& starts = Operands{problem}.query_start_loc();
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
  const Operands o{problem};
  for (Operand* lengths : {&o.expanded_seq_lens(), &o.expanded_decode_lens()}) {
    lengths->layout = Layout::dense({rows.tokens});
    lengths->cells.clear();
  }
  const Operand& source = o.block_table();
  const std::int64_t columns = source.layout.shape[1];
  Operand& table = o.expanded_block_table();
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
  const Operands o{problem};
  for (const Operand* output :
       {&o.expanded_seq_lens(), &o.expanded_block_table(), &o.expanded_decode_lens()}) {
    const std::vector<std::int64_t>& shape = output->layout.shape;
    const std::int64_t inner = shape.size() == 2 ? shape[1] : 1;
    Match match{output->name, {}, {}};
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
  const Operand& starts = Operands{problem}.query_start_loc();
  restart_query_locations(relation.problem, starts.bits.empty() ? 0 : starts.bits[0]);
  reshape_outputs(relation.problem);
  match_rows(relation, problem, requests);
}

Relation requests_permuted(const Problem& problem, Random& random) {
  const Integers order = draw_order(random, 0, requests_of(problem));
  Relation relation = chosen_requests("requests permuted", problem, order);
  complete(relation, problem, order);
  return relation;
}

// With one row of padding behind it.
Relation one_request(const Problem& problem, std::int64_t r) {
  Relation relation = chosen_requests("request " + std::to_string(r) + " alone", problem, {r});
  const std::int64_t length = Rows(problem).length(r);
  Parameters p = Parameters::of(problem);
  if (p.lens_exact) p.min_decode_len = p.max_decode_len = length;
  p.decode_tokens = p.max_decode_len;
  p.tokens = std::max(length, p.decode_tokens) + 1;
  reference::write_scalars(relation.problem, p);
  complete(relation, problem, {r});
  return relation;
}

// What schedulers append to fill a captured graph: a request without history whose table row is 0.
// Rows of padding move behind its own.
Relation padded_request_appended(const Problem& problem) {
  const std::int64_t requests = requests_of(problem);
  Parameters p = Parameters::of(problem);
  const std::int64_t length = p.max_decode_len;
  const Integers all = index_range(0, requests);
  Relation relation = chosen_requests("a padded request appended", problem, all);
  const Operands o{relation.problem};
  append(o.seq_lens(), 0);
  append(o.decode_lens(), length);
  Operand& table = o.block_table();
  const std::int64_t columns = table.layout.shape[1];
  if (table.cells.empty()) table.cells.assign(table.bits.size(), Cell::live);
  table.bits.resize(static_cast<std::size_t>((requests + 1) * columns), 0);
  table.cells.resize(table.bits.size(), length > 0 ? Cell::live : Cell::dead);
  table.layout = Layout::dense({requests + 1, columns});
  p.decode_tokens += length;
  p.tokens += length;
  reference::write_scalars(relation.problem, p);
  complete(relation, problem, all);
  return relation;
}

}  // namespace

std::vector<Relation> relations_of(const Problem& problem, Random& random) {
  const std::int64_t requests = requests_of(problem);
  if (Parameters::of(problem).tokens == 0 || requests == 0) return {};
  std::vector<RelationMaker> candidates{
      [&] { return one_request(problem, random.between(0, requests - 1)); },
      [&] { return padded_request_appended(problem); }};
  if (requests > 1) {
    candidates.emplace_back([&] { return requests_permuted(problem, random); });
  }
  return draw_relations(random, std::move(candidates));
}

}  // namespace mlacheck::decode_expansion
