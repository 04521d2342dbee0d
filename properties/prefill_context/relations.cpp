#include "properties/prefill_context/relations.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "properties/prefill_context/fields.hpp"

namespace mlacheck::prefill_context {
namespace {

using Integers = std::vector<std::int64_t>;

const std::vector<OperandAxis> kTokenAxes{{"q", 0}, {"new_kv", 0}, {"out", 0}};
const std::vector<OperandAxis> kHeadAxes{{"q", 1}, {"w", 0}, {"out", 1}};

std::int64_t entry(const Operand& operand, std::int64_t i) {
  return static_cast<std::int32_t>(operand.bits[static_cast<std::size_t>(i)]);
}

// The requests of a list, in its order. `context_tokens` is their C.
Relation chosen_requests(std::string name, const Problem& problem, const Integers& requests,
                         std::int64_t context_tokens) {
  const Operand& starts = Operands{problem}.query_start_loc();
  Integers tokens;
  Integers chosen_starts{0};
  for (const std::int64_t r : requests) {
    const Integers own = index_range(entry(starts, r), entry(starts, r + 1));
    tokens.insert(tokens.end(), own.begin(), own.end());
    chosen_starts.push_back(std::ssize(tokens));
  }
  Relation relation = restricted(Check::batch, std::move(name), problem, kTokenAxes, tokens);
  const Operands o{relation.problem};
  Operand& chosen = o.query_start_loc();
  chosen.layout = Layout::dense({std::ssize(chosen_starts)});
  chosen.bits.clear();
  for (const std::int64_t start : chosen_starts) {
    chosen.bits.push_back(static_cast<std::uint32_t>(start));
  }
  for (Operand* per_request : {&o.block_table(), &o.context_lens()}) {
    *per_request = take(*per_request, 0, requests);
  }
  set_integer(relation.problem, "prefill_tokens_with_context", context_tokens);
  return relation;
}

// Those before C and those past it among themselves.
Relation requests_permuted(const Problem& problem, Random& random) {
  const Operand& starts = Operands{problem}.query_start_loc();
  const std::int64_t context = Parameters::of(problem).context_tokens;
  Integers order;
  for (const bool before : {true, false}) {
    Integers group;
    for (std::int64_t r = 0; r < starts.layout.shape[0] - 1; ++r) {
      if ((entry(starts, r + 1) <= context) == before) group.push_back(r);
    }
    for (const std::int64_t i : draw_order(random, 0, std::ssize(group))) {
      order.push_back(group[static_cast<std::size_t>(i)]);
    }
  }
  return chosen_requests("requests permuted", problem, order, context);
}

Relation every_token(std::string name, const Problem& problem) {
  return restricted(Check::batch, std::move(name), problem, kTokenAxes,
                    index_range(0, Operands{problem}.tokens()));
}

// The pages of every rank change places, all in the same way, and the block table says so.
Relation pages_renumbered(const Problem& problem, Random& random) {
  Relation relation = every_token("physical pages renumbered", problem);
  const Operands o{relation.problem};
  const std::int64_t ranks = Parameters::of(problem).ranks;
  const std::int64_t pages = o.kv().layout.shape[0] / ranks;
  const Integers order = draw_order(random, 0, pages);
  Integers place(order.size());
  Integers of_all_ranks;
  for (std::int64_t rank = 0; rank < ranks; ++rank) {
    for (std::size_t i = 0; i < order.size(); ++i) {
      place[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
      of_all_ranks.push_back(rank * pages + order[i]);
    }
  }
  o.kv() = take(o.kv(), 0, of_all_ranks);
  Operand& table = o.block_table();
  for (std::size_t i = 0; i < table.bits.size(); ++i) {
    if (table.cell(i) == Cell::live) {
      table.bits[i] = static_cast<std::uint32_t>(place[table.bits[i]]);
    }
  }
  return relation;
}

void negate(Operand& operand, std::int64_t first_column, std::int64_t end_column) {
  const std::int64_t columns = operand.layout.shape.back();
  const std::uint32_t sign = size_of(operand.dtype) == 4 ? 0x80000000U : 0x8000U;
  for (std::size_t i = 0; i < operand.bits.size(); ++i) {
    const std::int64_t column = static_cast<std::int64_t>(i) % columns;
    if (column >= first_column && column < end_column) operand.bits[i] ^= sign;
  }
}

// Queries and keys with the other sign: every product is the same.
Relation keys_negated(const Problem& problem) {
  Relation relation = every_token("queries and keys negated", problem);
  relation.check = Check::probe;
  const Operands o{relation.problem};
  negate(o.q(), 0, o.depth());
  negate(o.w(), 0, o.nope());
  negate(o.new_kv(), o.latent(), o.columns());
  negate(o.kv(), o.latent(), o.columns());
  return relation;
}

}  // namespace

// max_context stays: later chunks have nothing of the request, and change no bit of it.
Relation request_alone(const Problem& problem, std::int64_t r) {
  const Operand& starts = Operands{problem}.query_start_loc();
  const std::int64_t first = entry(starts, r);
  const std::int64_t tokens = entry(starts, r + 1) - first;
  const std::int64_t context = Parameters::of(problem).context_tokens - first;
  return chosen_requests("request " + std::to_string(r) + " alone", problem, {r},
                         std::clamp<std::int64_t>(context, 0, tokens));
}

std::vector<Relation> relations_of(const Problem& problem, Random& random) {
  const Operands o{problem};
  if (o.out().layout.elements() == 0) return {};
  const std::int64_t requests = o.requests();
  const std::int64_t heads = o.heads();
  Integers with_tokens;
  for (std::int64_t r = 0; r < requests; ++r) {
    if (entry(o.query_start_loc(), r + 1) > entry(o.query_start_loc(), r)) with_tokens.push_back(r);
  }
  const auto heads_taken = [&](std::string name, const Integers& indices) {
    return restricted(Check::batch, std::move(name), problem, kHeadAxes, indices);
  };
  std::vector<RelationMaker> candidates{
      [&] { return request_alone(problem, random.pick(with_tokens)); },
      [&] {
        const std::int64_t head = random.between(0, heads - 1);
        return heads_taken("head " + std::to_string(head) + " alone", {head});
      },
      [&] { return keys_negated(problem); }};
  if (requests > 1) candidates.emplace_back([&] { return requests_permuted(problem, random); });
  if (heads > 1) {
    candidates.emplace_back(
        [&] { return heads_taken("heads permuted", draw_order(random, 0, heads)); });
  }
  if (o.kv().layout.shape[0] / Parameters::of(problem).ranks > 1) {
    candidates.emplace_back([&] { return pages_renumbered(problem, random); });
  }
  return draw_relations(random, std::move(candidates));
}

}  // namespace mlacheck::prefill_context
