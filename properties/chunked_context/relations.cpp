#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "properties/chunked_context/fields.hpp"

namespace mlacheck::chunked_context {
namespace {

std::vector<OperandAxis> axes_of(const Problem& problem, bool tokens) {
  std::vector<OperandAxis> axes;
  for (const Operand& operand : problem.operands) {
    const bool values = operand.layout.shape.size() == 3;
    axes.push_back({operand.name, values == tokens ? std::size_t{0} : std::size_t{1}});
  }
  return axes;
}

bool is_of_chunk(const Operand& operand, std::int64_t j) {
  return operand.name == chunk_out(j) || operand.name == chunk_lse(j);
}

void set_chunks(Problem& problem, std::int64_t chunks) {
  Parameters parameters = Parameters::of(problem);
  parameters.chunks = chunks;
  reference::write_scalars(problem, parameters);
}

// Tokens [first, end) with the request's own state in every chunk.
Relation request_alone(const Problem& problem, std::int64_t first, std::int64_t end) {
  Relation relation = restricted(
      Check::batch, "tokens " + std::to_string(first) + " to " + std::to_string(end - 1) + " alone",
      problem, axes_of(problem, true), index_range(first, end));
  Parameters parameters = Parameters::of(problem);
  parameters.context_tokens =
      std::clamp<std::int64_t>(parameters.context_tokens - first, 0, end - first);
  reference::write_scalars(relation.problem, parameters);
  return relation;
}

// Whole requests change places; those before C and those past it among themselves.
Relation requests_permuted(const Problem& problem, const std::vector<std::int64_t>& ends,
                           Random& random) {
  const std::int64_t context = Parameters::of(problem).context_tokens;
  std::vector<std::int64_t> order;
  const auto append = [&](bool with_context) {
    std::vector<std::pair<std::int64_t, std::int64_t>> ranges;
    std::int64_t first = 0;
    for (const std::int64_t end : ends) {
      if ((end <= context) == with_context) ranges.emplace_back(first, end);
      first = end;
    }
    for (const std::int64_t r : draw_order(random, 0, std::ssize(ranges))) {
      const auto& [begin, end] = ranges[static_cast<std::size_t>(r)];
      const std::vector<std::int64_t> tokens = index_range(begin, end);
      order.insert(order.end(), tokens.begin(), tokens.end());
    }
  };
  append(true);
  append(false);
  return restricted(Check::batch, "requests permuted", problem, axes_of(problem, true), order);
}

// Everything as it is; all outputs match.
Relation unchanged(const Problem& problem, std::string name) {
  const Operand& out = Operands{problem}.out();
  return {Check::probe,
          std::move(name),
          problem,
          {match_taken(out, 0, index_range(0, out.layout.shape[0]))}};
}

void rename_chunk(Operand& operand, std::int64_t to) {
  operand.name = operand.layout.shape.size() == 3 ? chunk_out(to) : chunk_lse(to);
}

// From three chunks on `swapped` may overwrite the first one; `fresh` does not mind.
void allow_overwriting(Operand& operand) {
  if (operand.access == Access::update) return;
  operand.access = Access::update;
  const std::uint32_t nan = encode(operand.dtype, std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = 0; i < operand.bits.size(); ++i) {
    if (operand.cell(i) == Cell::dead) operand.bits[i] = nan;
  }
  operand.cells.assign(operand.bits.size(), Cell::optional);
}

// A chunk in which no request has context, in front of chunk j, which is not the first.
Relation chunk_inserted(const Problem& problem, std::int64_t j, double empty) {
  Relation relation = unchanged(problem, "an empty chunk " + std::to_string(j) + " inserted");
  const std::int64_t chunks = Parameters::of(problem).chunks;
  relation.changes = {"chunks", "requests", "lse_empty"};
  Operand out = Operands{problem}.suffix_out();
  Operand lse = Operands{problem}.suffix_lse();
  out.name = chunk_out(j);
  out.cells.assign(out.bits.size(), Cell::dead);
  lse.name = chunk_lse(j);
  std::fill(lse.bits.begin(), lse.bits.end(), encode(DType::f32, empty));
  for (Operand& operand : relation.problem.operands) {
    for (std::int64_t k = chunks - 1; k >= j; --k) {
      if (!is_of_chunk(operand, k)) continue;
      rename_chunk(operand, k + 1);
      break;
    }
    if (is_of_chunk(operand, 0) && chunks + 1 >= 3) allow_overwriting(operand);
  }
  relation.problem.operands.push_back(std::move(out));
  relation.problem.operands.push_back(std::move(lse));
  set_chunks(relation.problem, chunks + 1);
  return relation;
}

Relation chunk_removed(const Problem& problem, std::int64_t j) {
  Relation relation = unchanged(problem, "the empty chunk " + std::to_string(j) + " removed");
  const std::int64_t chunks = Parameters::of(problem).chunks;
  std::vector<Operand>& operands = relation.problem.operands;
  std::erase_if(operands, [&](const Operand& operand) { return is_of_chunk(operand, j); });
  for (Operand& operand : operands) {
    for (std::int64_t k = j + 1; k < chunks; ++k) {
      if (!is_of_chunk(operand, k)) continue;
      rename_chunk(operand, k - 1);
      break;
    }
  }
  set_chunks(relation.problem, chunks - 1);
  return relation;
}

// Chunks after the first that add nothing to any token.
std::vector<std::int64_t> empty_chunks(const Problem& problem) {
  std::vector<std::int64_t> empty;
  for (std::int64_t j = 1; j < Parameters::of(problem).chunks; ++j) {
    const Operand& lse = problem.operand(chunk_lse(j));
    const bool all = std::all_of(lse.bits.begin(), lse.bits.end(), [](std::uint32_t bits) {
      return std::isinf(decode(DType::f32, bits));
    });
    if (all) empty.push_back(j);
  }
  return empty;
}

}  // namespace

std::vector<RowSize> row_sizes_of(const Problem& problem) {
  return {{"tokens", axes_of(problem, true)}, {"heads", axes_of(problem, false)}};
}

void move_rows_of(Problem& problem, const RowSize& size, const RowPlaces& places) {
  if (size.name != "tokens") return;
  Parameters parameters = Parameters::of(problem);
  parameters.context_tokens = places.before(parameters.context_tokens);
  reference::write_scalars(problem, parameters);
}

std::vector<Relation> relations_of(const Problem& problem,
                                   const std::vector<std::int64_t>& request_ends, Random& random) {
  const std::vector<std::int64_t>& shape = Operands{problem}.out().layout.shape;
  if (shape[0] == 0 || shape[1] == 0 || shape[2] == 0) return {};
  const std::int64_t heads = shape[1];
  const std::int64_t chunks = Parameters::of(problem).chunks;
  const auto heads_taken = [&](std::string name, const std::vector<std::int64_t>& indices) {
    return restricted(Check::batch, std::move(name), problem, axes_of(problem, false), indices);
  };
  std::vector<RelationMaker> candidates{
      [&] {
        const std::int64_t head = random.between(0, heads - 1);
        return heads_taken("head " + std::to_string(head) + " alone", {head});
      },
      [&] {
        const auto r = static_cast<std::size_t>(random.between(0, std::ssize(request_ends) - 1));
        return request_alone(problem, r == 0 ? 0 : request_ends[r - 1], request_ends[r]);
      },
      [&] {
        return chunk_inserted(problem, random.between(1, chunks),
                              random.chance(50) ? -HUGE_VAL : HUGE_VAL);
      }};
  if (heads > 1) {
    candidates.emplace_back(
        [&] { return heads_taken("heads permuted", draw_order(random, 0, heads)); });
  }
  if (request_ends.size() > 1) {
    candidates.emplace_back([&] { return requests_permuted(problem, request_ends, random); });
  }
  const std::vector<std::int64_t> empty = empty_chunks(problem);
  if (!empty.empty()) {
    candidates.emplace_back([&] { return chunk_removed(problem, random.pick(empty)); });
  }
  return draw_relations(random, std::move(candidates));
}

}  // namespace mlacheck::chunked_context
