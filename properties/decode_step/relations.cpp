#include "properties/decode_step/relations.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "properties/decode_step/fields.hpp"

namespace mlacheck::decode_step {
namespace {

const std::vector<OperandAxis> kRowAxes{{"q_nope", 0}, {"q_rope", 0}, {"out", 0}};
const std::vector<OperandAxis> kHeadAxes{
    {"q_nope", 1}, {"q_rope", 1}, {"w_uk", 0}, {"w_uv", 0}, {"out", 1}};

Integers entries(const Operand& operand) {
  Integers values;
  for (const std::uint32_t bits : operand.bits) {
    values.push_back(static_cast<std::int32_t>(bits));
  }
  return values;
}

void set_entries(Operand& operand, const Integers& values) {
  operand.layout = Layout::dense({std::ssize(values)});
  operand.bits.clear();
  for (const std::int64_t value : values) {
    operand.bits.push_back(static_cast<std::uint32_t>(static_cast<std::int32_t>(value)));
  }
}

// First row of each request, and the end of the last.
Integers row_starts(const Problem& problem) {
  Integers starts{0};
  for (const std::int64_t len : entries(Operands{problem}.decode_lens())) {
    starts.push_back(starts.back() + len);
  }
  return starts;
}

// A batch whose requests have `lens` tokens and `lengths` keys, which the host knows or not, as before.
void describe_batch(Problem& problem, const Integers& lens, const Integers& lengths) {
  const Operands o{problem};
  const bool exact = Parameters::of(problem).lens_exact;
  set_entries(o.decode_lens(), lens);
  set_entries(o.seq_lens(), lengths);
  const Integers starts = row_starts(problem);
  set_entries(o.query_start_loc(), Integers(starts.begin(), starts.end() - 1));
  Parameters p = Parameters::of(problem);
  p.decode_tokens = starts.back();
  p.min_decode_len = lens.empty() ? 0 : *std::min_element(lens.begin(), lens.end());
  p.max_decode_len = lens.empty() ? 0 : *std::max_element(lens.begin(), lens.end());
  p.lens_exact = exact;
  reference::write_scalars(problem, p);
}

Integers picked(const Integers& values, const Integers& indices) {
  Integers chosen;
  for (const std::int64_t i : indices) chosen.push_back(values[static_cast<std::size_t>(i)]);
  return chosen;
}

Relation every_row(std::string name, const Problem& problem) {
  return restricted(Check::batch, std::move(name), problem, kRowAxes,
                    index_range(0, Operands{problem}.tokens()));
}

// The cache's pages change places, and the block table says so.
Relation pages_renumbered(const Problem& problem, Random& random) {
  Relation relation = every_row("physical pages renumbered", problem);
  const Operands o{relation.problem};
  const Integers order = draw_order(random, 0, o.kv().layout.shape[0]);
  Integers place(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    place[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
  }
  o.kv() = take(o.kv(), 0, order);
  Operand& table = o.block_table();
  for (std::size_t i = 0; i < table.bits.size(); ++i) {
    if (table.cell(i) == Cell::live) {
      table.bits[i] = static_cast<std::uint32_t>(place[table.bits[i]]);
    }
  }
  return relation;
}

void negate(Operand& operand, std::int64_t first_column) {
  const std::int64_t columns = operand.layout.shape.back();
  const std::uint32_t sign = size_of(operand.dtype) == 4 ? 0x80000000U : 0x8000U;
  for (std::size_t i = 0; i < operand.bits.size(); ++i) {
    if (static_cast<std::int64_t>(i) % columns >= first_column) operand.bits[i] ^= sign;
  }
}

// Queries and keys with the other sign: every product is the same.
Relation keys_negated(const Problem& problem) {
  Relation relation = every_row("queries and keys negated", problem);
  relation.check = Check::probe;
  const Operands o{relation.problem};
  negate(o.q_nope(), 0);
  negate(o.w_uk(), 0);
  negate(o.q_rope(), 0);
  negate(o.kv(), o.latent());
  return relation;
}

}  // namespace

Relation chosen_requests(std::string name, const Problem& problem, const Integers& requests) {
  const Operands o{problem};
  const Integers starts = row_starts(problem);
  Integers rows;
  for (const std::int64_t r : requests) {
    const auto at = static_cast<std::size_t>(r);
    const Integers own = index_range(starts[at], starts[at + 1]);
    rows.insert(rows.end(), own.begin(), own.end());
  }
  Relation relation = restricted(Check::batch, std::move(name), problem, kRowAxes, rows);
  Operand& table = Operands{relation.problem}.block_table();
  table = take(table, 0, requests);
  describe_batch(relation.problem, picked(entries(o.decode_lens()), requests),
                 picked(entries(o.seq_lens()), requests));
  return relation;
}

Relation one_token_each(const Problem& problem) {
  Relation relation = every_row("each token as a request of its own", problem);
  const Integers lens = entries(Operands{problem}.decode_lens());
  const Integers lengths = entries(Operands{problem}.seq_lens());
  Integers owners;
  Integers seen;
  for (std::size_t r = 0; r < lens.size(); ++r) {
    for (std::int64_t later = lens[r] - 1; later >= 0; --later) {
      owners.push_back(static_cast<std::int64_t>(r));
      seen.push_back(std::max<std::int64_t>(lengths[r] - later, 0));
    }
  }
  Operand& table = Operands{relation.problem}.block_table();
  table = take(table, 0, owners);
  describe_batch(relation.problem, Integers(owners.size(), 1), seen);
  return relation;
}

std::vector<Relation> relations_of(const Problem& problem, Random& random) {
  const Operands o{problem};
  const Integers lens = entries(o.decode_lens());
  Integers with_rows;
  for (std::int64_t r = 0; r < o.requests(); ++r) {
    if (lens[static_cast<std::size_t>(r)] > 0) with_rows.push_back(r);
  }
  if (o.out().layout.elements() == 0 || with_rows.empty()) return {};
  const std::int64_t heads = o.heads();
  const auto heads_taken = [&](std::string name, const Integers& indices) {
    return restricted(Check::batch, std::move(name), problem, kHeadAxes, indices);
  };
  std::vector<RelationMaker> candidates{
      [&] {
        const std::int64_t r = random.pick(with_rows);
        return chosen_requests("request " + std::to_string(r) + " alone", problem, {r});
      },
      [&] {
        const std::int64_t head = random.between(0, heads - 1);
        return heads_taken("head " + std::to_string(head) + " alone", {head});
      },
      [&] { return one_token_each(problem); }, [&] { return keys_negated(problem); }};
  if (o.requests() > 1) {
    candidates.emplace_back([&] {
      return chosen_requests("requests permuted", problem, draw_order(random, 0, o.requests()));
    });
  }
  if (heads > 1) {
    candidates.emplace_back(
        [&] { return heads_taken("heads permuted", draw_order(random, 0, heads)); });
  }
  if (o.kv().layout.shape[0] > 1) {
    candidates.emplace_back([&] { return pages_renumbered(problem, random); });
  }
  return draw_relations(random, std::move(candidates));
}

}  // namespace mlacheck::decode_step
