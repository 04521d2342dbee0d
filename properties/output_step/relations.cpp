#include <algorithm>
#include <string>
#include <utility>

#include "properties/output_step/fields.hpp"

namespace mlacheck::output_step {
namespace {

const std::vector<OperandAxis> kTokenAxes{
    {"latent_out", 0}, {"values", 0}, {"codes", 0}, {"scales", 0}, {"out", 0}};
const std::vector<OperandAxis> kColumnAxes{{"w_o", 0}, {"w_o_scales", 0}, {"out", 1}};

// Restricted operands are dense, which the scales of two forms may not be.
void lay_out_scales(Problem& problem) {
  const Parameters p = Parameters::of(problem);
  if (!p.quantizes()) return;
  Layout& layout = Operands{problem}.scales().layout;
  layout = scales_layout(p, layout.shape[0], layout.shape[1]);
}

Relation of_tokens(std::string name, const Problem& problem,
                   const std::vector<std::int64_t>& tokens) {
  Relation relation = restricted(Check::batch, std::move(name), problem, kTokenAxes, tokens);
  lay_out_scales(relation.problem);
  return relation;
}

Relation of_columns(std::string name, const Problem& problem,
                    const std::vector<std::int64_t>& columns) {
  return restricted(Check::batch, std::move(name), problem, kColumnAxes, columns);
}

// All of an operand.
Match whole(const Operand& operand) {
  return match_taken(operand, 0, index_range(0, operand.layout.shape[0]));
}

std::vector<std::int64_t> columns_of(const std::vector<std::int64_t>& heads, std::int64_t width) {
  std::vector<std::int64_t> columns;
  for (const std::int64_t head : heads) {
    for (std::int64_t i = 0; i < width; ++i) columns.push_back(head * width + i);
  }
  return columns;
}

// Heads in another order, with the columns of w_o that belong to them. The sum over them has another
// order, too: `out` is another one.
Relation heads_permuted(const Problem& problem, Random& random) {
  const Operands o{problem};
  const std::int64_t heads = o.heads();
  const std::vector<std::int64_t> order = draw_order(random, 0, heads);
  Relation relation{Check::batch, "heads permuted", problem, {}};
  for (Operand& operand : relation.problem.operands) {
    if (operand.name == "latent_out") operand = take(operand, 1, order);
    if (operand.name == "w_uv" || operand.name == "w_uv_scales") operand = take(operand, 0, order);
    const bool of_output = operand.name == "w_o" || operand.name == "w_o_scales";
    const bool row =
        operand.name == "values" || operand.name == "codes" || operand.name == "scales";
    if (!of_output && !row) continue;
    const std::vector<std::int64_t> columns = columns_of(order, operand.layout.shape[1] / heads);
    if (row) relation.matches.push_back(match_taken(operand, 1, columns));
    operand = take(operand, 1, columns);
  }
  lay_out_scales(relation.problem);
  return relation;
}

Relation scales_transposed(const Problem& problem) {
  Relation relation{Check::probe, "scales transposed", problem, {}};
  Parameters p = Parameters::of(problem);
  p.projection = p.projection == Projection::fp8 ? Projection::fp8_transposed : Projection::fp8;
  reference::write_scalars(relation.problem, p);
  lay_out_scales(relation.problem);
  for (const Operand& operand : problem.operands) {
    if (operand.access == Access::output) relation.matches.push_back(whole(operand));
  }
  return relation;
}

void multiply(Operand& operand, double factor) {
  for (std::uint32_t& bits : operand.bits) {
    bits = encode(operand.dtype, factor * decode(operand.dtype, bits));
  }
}

// Every scale doubles, no code changes, and the halves of the output weights make up for it.
Relation doubled(const Problem& problem) {
  const Parameters p = Parameters::of(problem);
  Relation relation{Check::probe, "latents doubled and output weights halved", problem, {}};
  const Operands o{relation.problem};
  multiply(o.latent_out(), 2);
  if (p.mxfp4()) {
    for (std::uint32_t& byte : o.w_o_scales().bits) --byte;
  } else {
    multiply(p.fp8() ? o.w_o_scale() : o.w_o(), 0.5);
  }
  if (p.quantizes()) relation.matches.push_back(whole(Operands{problem}.codes()));
  relation.matches.push_back(whole(Operands{problem}.out()));
  return relation;
}

// No number of these comes near an end of its range, nor a group near the least magnitude of FP8.
bool can_double(const Fields& f) {
  return f.dtype == DType::bf16 && f.values != Values::special && f.values != Values::one_signed;
}

}  // namespace

std::vector<RowSize> row_sizes_of(const Problem& /*problem*/) { return {{"tokens", kTokenAxes}}; }

std::vector<Relation> relations_of(const Fields& f, const Problem& problem, Random& random) {
  const Operands o{problem};
  if (o.out().layout.elements() == 0 || o.values().layout.elements() == 0) return {};
  const std::int64_t tokens = o.tokens();
  const std::int64_t columns = o.columns();
  std::vector<RelationMaker> candidates{
      [&] {
        const std::int64_t token = random.between(0, tokens - 1);
        return of_tokens("token " + std::to_string(token) + " alone", problem, {token});
      },
      [&] {
        const std::int64_t column = random.between(0, columns - 1);
        return of_columns("column " + std::to_string(column) + " alone", problem, {column});
      }};
  if (can_double(f)) candidates.emplace_back([&] { return doubled(problem); });
  if (tokens > 1) {
    candidates.emplace_back(
        [&] { return of_tokens("tokens permuted", problem, draw_order(random, 0, tokens)); });
  }
  if (columns > 1) {
    candidates.emplace_back(
        [&] { return of_columns("columns permuted", problem, draw_order(random, 0, columns)); });
  }
  if (o.heads() > 1) {
    candidates.emplace_back([&] { return heads_permuted(problem, random); });
  }
  if (Parameters::of(problem).fp8()) {
    candidates.emplace_back([&] { return scales_transposed(problem); });
  }
  return draw_relations(random, std::move(candidates));
}

}  // namespace mlacheck::output_step
