#include <cmath>
#include <string>
#include <utility>

#include "properties/merge_states/fields.hpp"

namespace mlacheck::merge_states {
namespace {

const std::vector<OperandAxis> kTokenAxes{{"prefix_out", 0}, {"prefix_lse", 1}, {"suffix_out", 0},
                                          {"suffix_lse", 1}, {"out", 0},        {"lse_out", 1}};
const std::vector<OperandAxis> kHeadAxes{{"prefix_out", 1}, {"prefix_lse", 0}, {"suffix_out", 1},
                                         {"suffix_lse", 0}, {"out", 1},        {"lse_out", 0}};

std::int64_t context_of(const Problem& problem) { return Parameters::of(problem).context_tokens; }

void set_context(Problem& problem, std::int64_t tokens) {
  reference::write_scalars(problem, Parameters{tokens});
}

double lse_of(const Operand& lse, std::int64_t token, std::int64_t head) {
  const std::int64_t tokens = lse.layout.shape[1];
  return decode(DType::f32, lse.bits[static_cast<std::size_t>(head * tokens + token)]);
}

// Drops the matches that `keep(operand, token, head, element)` is not true for, all of them as the
// other problem counts.
template <class Keep>
void keep_rows(Relation& relation, const Keep& keep) {
  for (Match& match : relation.matches) {
    const std::vector<std::int64_t>& shape = relation.problem.operand(match.operand).layout.shape;
    const bool values = shape.size() == 3;
    const std::int64_t inner = values ? shape[2] : 1;
    Match kept{match.operand, {}, {}, match.moved_by};
    for (std::size_t i = 0; i < match.theirs.size(); ++i) {
      const std::int64_t row = static_cast<std::int64_t>(match.theirs[i]) / inner;
      const std::int64_t first = row / shape[1];
      const std::int64_t second = row % shape[1];
      if (!keep(match.operand, values ? first : second, values ? second : first, match.theirs[i])) {
        continue;
      }
      kept.mine.push_back(match.mine[i]);
      kept.theirs.push_back(match.theirs[i]);
    }
    match = std::move(kept);
  }
}

Relation one_token(const Problem& problem, std::int64_t token) {
  Relation relation = restricted(Check::batch, "token " + std::to_string(token) + " alone", problem,
                                 kTokenAxes, {token});
  set_context(relation.problem, token < context_of(problem) ? 1 : 0);
  return relation;
}

// Tokens with context stay before those without.
Relation permuted_tokens(const Problem& problem, std::int64_t tokens, Random& random) {
  const std::int64_t context = context_of(problem);
  std::vector<std::int64_t> order = draw_order(random, 0, context);
  const std::vector<std::int64_t> rest = draw_order(random, context, tokens);
  order.insert(order.end(), rest.begin(), rest.end());
  return restricted(Check::batch, "tokens permuted", problem, kTokenAxes, order);
}

// True if half of the number is exact in fp32, as it is down to twice the smallest normal number.
bool halves_exactly(const Operand& operand, std::size_t element) {
  constexpr double kLeast = 0x1p-125;
  const double value = decode(operand.dtype, operand.bits[element]);
  return value == 0 || !(std::fabs(value) < kLeast);
}

// A merge is symmetric. Its LSE is so in every bit; its values are where both weights are one half
// or one side is empty, since elsewhere one of two products is rounded before they are added.
Relation exchanged(const Problem& problem) {
  Relation relation = restricted(Check::probe, "prefix and suffix exchanged", problem, kTokenAxes,
                                 index_range(0, context_of(problem)));
  for (Operand& operand : relation.problem.operands) {
    if (operand.name.starts_with("prefix")) {
      operand.name.replace(0, 6, "suffix");
    } else if (operand.name.starts_with("suffix")) {
      operand.name.replace(0, 6, "prefix");
    }
  }
  const Operands o{relation.problem};
  keep_rows(relation, [&](const std::string& operand, std::int64_t token, std::int64_t head,
                          std::size_t element) {
    const double prefix = lse_of(o.prefix_lse(), token, head);
    const double suffix = lse_of(o.suffix_lse(), token, head);
    if (operand == "lse_out" || std::isinf(prefix) || std::isinf(suffix)) return true;
    return prefix == suffix && halves_exactly(o.prefix_out(), element) &&
           halves_exactly(o.suffix_out(), element);
  });
  return relation;
}

// A token past C takes its suffix as it is, and so does one whose prefix is empty. (An LSE of
// +infinity stays what it is only past C, and a NaN takes the values along only before it.)
Relation with_empty_prefixes(const Problem& problem, std::int64_t tokens, Random& random) {
  Relation relation = restricted(Check::probe, "copied tokens as tokens with an empty prefix",
                                 problem, kTokenAxes, index_range(0, tokens));
  relation.changes = {"empty", "lse_empty"};
  const std::int64_t context = context_of(problem);
  set_context(relation.problem, tokens);
  const std::uint32_t empty = encode(DType::f32, random.chance(50) ? -HUGE_VAL : HUGE_VAL);
  Operand& prefix_lse = Operands{relation.problem}.prefix_lse();
  for (std::size_t i = 0; i < prefix_lse.bits.size(); ++i) {
    if (static_cast<std::int64_t>(i) % tokens < context) continue;
    prefix_lse.bits[i] = empty;
    prefix_lse.cells[i] = Cell::live;
  }
  keep_rows(relation, [&](const std::string&, std::int64_t token, std::int64_t head, std::size_t) {
    return token < context || std::isfinite(lse_of(Operands{problem}.suffix_lse(), token, head));
  });
  return relation;
}

// A constant added to both LSEs: the weights depend on the difference alone. Rows are kept only
// where both sums are exact.
Relation lses_shifted(const Problem& problem, std::int64_t tokens, Random& random) {
  const double constant = random.pick<double>({-0x1p8, -0x1p13, -0x1p16, -0x1p20, 0x1p8, 0x1p16});
  const std::int64_t context = context_of(problem);
  Relation relation = restricted(Check::probe, std::to_string(constant) + " added to both LSEs",
                                 problem, kTokenAxes, index_range(0, tokens));
  const Operands o{relation.problem};
  const auto shifted = [&](const Operand& lse, std::int64_t token, std::int64_t head) {
    return decode(DType::f32, encode(DType::f32, lse_of(lse, token, head) + constant));
  };
  const auto stays = [&](const Operand& lse, std::int64_t token, std::int64_t head) {
    const double before = lse_of(lse, token, head);
    return std::isinf(before) || shifted(lse, token, head) - constant == before;
  };
  keep_rows(relation, [&](const std::string&, std::int64_t token, std::int64_t head, std::size_t) {
    return token < context && stays(Operands{problem}.prefix_lse(), token, head) &&
           stays(Operands{problem}.suffix_lse(), token, head);
  });
  for (Operand* lse : {&o.prefix_lse(), &o.suffix_lse()}) {
    for (std::size_t i = 0; i < lse->bits.size(); ++i) {
      lse->bits[i] = encode(DType::f32, decode(DType::f32, lse->bits[i]) + constant);
    }
  }
  for (Match& match : relation.matches) {
    match.moved_by = match.operand == "lse_out" ? constant : 0;
  }
  return relation;
}

}  // namespace

std::vector<RowSize> row_sizes_of(const Problem& /*problem*/) {
  return {{"tokens", kTokenAxes}, {"heads", kHeadAxes}};
}

void move_rows_of(Problem& problem, const RowSize& size, const RowPlaces& places) {
  if (size.name == "tokens") set_context(problem, places.before(context_of(problem)));
}

std::vector<Relation> relations_of(const Problem& problem, Random& random) {
  const std::vector<std::int64_t>& shape = Operands{problem}.out().layout.shape;
  const std::int64_t tokens = shape[0];
  const std::int64_t heads = shape[1];
  const std::int64_t context = context_of(problem);
  if (tokens == 0 || heads == 0) return {};
  std::vector<RelationMaker> candidates{
      [&] { return one_token(problem, random.between(0, tokens - 1)); }};
  if (context > 1 || tokens - context > 1) {
    candidates.emplace_back([&] { return permuted_tokens(problem, tokens, random); });
  }
  if (heads > 1) {
    candidates.emplace_back([&] {
      return restricted(Check::batch, "heads permuted", problem, kHeadAxes,
                        draw_order(random, 0, heads));
    });
  }
  if (context > 0) {
    candidates.emplace_back([&] { return exchanged(problem); });
    candidates.emplace_back([&] { return lses_shifted(problem, tokens, random); });
  }
  if (context < tokens) {
    candidates.emplace_back([&] { return with_empty_prefixes(problem, tokens, random); });
  }
  return draw_relations(random, std::move(candidates));
}

}  // namespace mlacheck::merge_states
