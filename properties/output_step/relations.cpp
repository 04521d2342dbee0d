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

// Values and output weights with the other sign: every product is the same.
Relation both_negated(const Problem& problem) {
  const Parameters p = Parameters::of(problem);
  Relation relation{Check::probe, "latents and output weights negated", problem, {}};
  const Operands o{relation.problem};
  for (std::uint32_t& bits : o.latent_out().bits) bits ^= 0x8000U;
  for (std::uint32_t& bits : o.w_o().bits) {
    if (p.mxfp4()) {
      bits ^= 0x88U;
    } else if (!p.fp8()) {
      bits ^= 0x8000U;
    } else if (bits % 128 != 0 || p.format == Fp8Format::e4m3fn) {
      // E4M3FNUZ has one zero, whose negative is the code of NaN.
      bits ^= 0x80U;
    }
  }
  if (p.quantizes()) relation.matches.push_back(whole(Operands{problem}.scales()));
  relation.matches.push_back(whole(Operands{problem}.out()));
  return relation;
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
  // NaN has one sign, and clamping makes one number of it. Sums may leave the range of f16.
  if (f.values != Values::special && f.dtype == DType::bf16) {
    candidates.emplace_back([&] { return both_negated(problem); });
  }
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
