#include "properties/flatten_quant/relations.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "reference/flatten_quant/parameters.hpp"

namespace mlacheck::flatten_quant {
namespace {

// Dense, with the axis of unit stride that the form promises.
void lay_out_scales(Problem& problem) {
  Layout& layout = Operands{problem}.scales().layout;
  layout = Parameters::of(problem).form == Form::fp8
               ? Layout::dense(layout.shape)
               : Layout::strided(layout.shape, {1, std::max<std::int64_t>(layout.shape[0], 1)});
}

// Columns of an output that belong to `heads`, of `width` columns each.
std::vector<std::int64_t> columns_of(const std::vector<std::int64_t>& heads, std::int64_t width) {
  std::vector<std::int64_t> columns;
  for (const std::int64_t head : heads) {
    for (std::int64_t i = 0; i < width; ++i) columns.push_back(head * width + i);
  }
  return columns;
}

std::vector<std::size_t> all_elements(const Operand& operand) {
  std::vector<std::size_t> elements(static_cast<std::size_t>(operand.layout.elements()));
  for (std::size_t i = 0; i < elements.size(); ++i) elements[i] = i;
  return elements;
}

Match match_all(const Operand& operand) {
  return {operand.name, all_elements(operand), all_elements(operand)};
}

const std::vector<OperandAxis> kTokenAxes{{"x", 0}, {"codes", 0}, {"scales", 0}};

Relation of_tokens(std::string name, const Problem& problem,
                   const std::vector<std::int64_t>& tokens) {
  Relation relation = restricted(Check::batch, std::move(name), problem, kTokenAxes, tokens);
  lay_out_scales(relation.problem);
  return relation;
}

// Some indices of one axis of x, and the columns of the outputs that they own.
struct Columns {
  std::size_t axis;
  std::vector<std::int64_t> x;
  std::vector<std::int64_t> codes;
  std::vector<std::int64_t> scales;
};

Relation of_columns(std::string name, const Problem& problem, const Columns& columns) {
  Relation relation{Check::batch, std::move(name), problem, {}};
  for (Operand& operand : relation.problem.operands) {
    if (operand.name == "x") {
      operand = take(operand, columns.axis, columns.x);
      continue;
    }
    const std::vector<std::int64_t>& indices =
        operand.name == "codes" ? columns.codes : columns.scales;
    relation.matches.push_back(match_taken(operand, 1, indices));
    operand = take(operand, 1, indices);
  }
  lay_out_scales(relation.problem);
  return relation;
}

Relation of_heads(std::string name, const Problem& problem,
                  const std::vector<std::int64_t>& heads) {
  const Operands o{problem};
  const auto owned = [&](const Operand& output) {
    return columns_of(heads, output.layout.shape[1] / o.x().layout.shape[1]);
  };
  return of_columns(std::move(name), problem, {1, heads, owned(o.codes()), owned(o.scales())});
}

// The groups of every head before or after a boundary between them.
Relation of_groups(const Problem& problem, std::int64_t first_group, std::int64_t end_group) {
  const Sizes s = Sizes::of(problem);
  const Parameters p = Parameters::of(problem);
  const std::int64_t packed = p.mxfp4() ? 2 : 1;
  const std::int64_t groups = Operands{problem}.scales().layout.shape[1] / s.heads;
  const std::int64_t first = first_group * p.group;
  const std::int64_t end = std::min(end_group * p.group, s.columns);
  Columns columns{2, index_range(first, end), {}, {}};
  for (std::int64_t head = 0; head < s.heads; ++head) {
    const std::int64_t code = head * s.columns / packed;
    const std::vector<std::int64_t> codes = index_range(code + first / packed, code + end / packed);
    columns.codes.insert(columns.codes.end(), codes.begin(), codes.end());
    const std::int64_t scale = head * groups;
    const std::vector<std::int64_t> scales = index_range(scale + first_group, scale + end_group);
    columns.scales.insert(columns.scales.end(), scales.begin(), scales.end());
  }
  return of_columns("groups " + std::to_string(first_group) + " to " +
                        std::to_string(end_group - 1) + " of each head alone",
                    problem, columns);
}

// x times 2^k, if that is exact and no scale is limited: then codes do not change.
std::optional<std::vector<std::uint32_t>> scaled_bits(const Problem& problem, int k) {
  const Operand& x = Operands{problem}.x();
  std::vector<std::uint32_t> bits;
  bits.reserve(x.bits.size());
  for (const std::uint32_t old : x.bits) {
    const double value = std::ldexp(decode(x.dtype, old), k);
    bits.push_back(encode(x.dtype, value));
    if (!std::isfinite(value) || decode(x.dtype, bits.back()) != value) return std::nullopt;
  }
  bool in_range = true;
  // FP8 has a least amax of 1e-10, MXFP4 a least and a greatest exponent.
  const double least = Parameters::of(problem).mxfp4() ? 0x1.0p-100 : 0x1.0p-24;
  for_each_group(problem, [&](std::size_t first, std::size_t count) {
    double amax = 0;
    for (std::size_t i = first; i < first + count; ++i) {
      amax = std::max(amax, std::fabs(decode(x.dtype, x.bits[i])));
    }
    in_range = in_range && (amax == 0 || (amax >= least && amax <= 0x1.0p100));
  });
  if (!in_range) return std::nullopt;
  return bits;
}

// The same problem with other contents.
Relation of_contents(std::string name, const Problem& problem, std::vector<std::uint32_t> bits,
                     std::vector<Match> matches) {
  Relation relation{Check::probe, std::move(name), problem, std::move(matches)};
  Operands{relation.problem}.x().bits = std::move(bits);
  return relation;
}

std::vector<Match> match_outputs(const Problem& problem) {
  const Operands o{problem};
  return {match_all(o.codes()), match_all(o.scales())};
}

}  // namespace

std::vector<RowSize> row_sizes_of(const Problem& /*problem*/) { return {{"tokens", kTokenAxes}}; }

void for_each_group(const Problem& problem,
                    const std::function<void(std::size_t first, std::size_t count)>& use) {
  const Sizes s = Sizes::of(problem);
  const std::int64_t group = Parameters::of(problem).group;
  for (std::int64_t head = 0; head < s.tokens * s.heads; ++head) {
    for (std::int64_t first = 0; first < s.columns; first += group) {
      use(static_cast<std::size_t>(head * s.columns + first),
          static_cast<std::size_t>(std::min(group, s.columns - first)));
    }
  }
}

Relation token_alone(const Problem& problem, std::int64_t token) {
  return of_tokens("token " + std::to_string(token) + " alone", problem, {token});
}

Relation token_twice(const Problem& problem, std::int64_t token) {
  std::vector<std::int64_t> twice = index_range(0, Sizes::of(problem).tokens);
  twice.insert(twice.begin() + token, token);
  return of_tokens("token " + std::to_string(token) + " twice", problem, twice);
}

Relation head_alone(const Problem& problem, std::int64_t head) {
  return of_heads("head " + std::to_string(head) + " alone", problem, {head});
}

std::optional<Relation> tokens_permuted(const Problem& problem, Random& random) {
  const std::int64_t tokens = Sizes::of(problem).tokens;
  if (tokens < 2) return std::nullopt;
  return of_tokens("tokens permuted", problem, draw_order(random, 0, tokens));
}

std::optional<Relation> heads_permuted(const Problem& problem, Random& random) {
  const std::int64_t heads = Sizes::of(problem).heads;
  if (heads < 2) return std::nullopt;
  return of_heads("heads permuted", problem, draw_order(random, 0, heads));
}

std::optional<Relation> some_groups(const Problem& problem, Random& random) {
  const std::int64_t groups = Sizes::of(problem).groups(Parameters::of(problem));
  if (groups < 2) return std::nullopt;
  const std::int64_t cut = random.between(1, groups - 1);
  return random.chance(50) ? of_groups(problem, 0, cut) : of_groups(problem, cut, groups);
}

std::optional<Relation> as_matrix(const Problem& problem) {
  const Sizes s = Sizes::of(problem);
  if (s.columns % Parameters::of(problem).group != 0) return std::nullopt;
  Relation relation{Check::probe, "as a matrix", problem, {}};
  Operands{relation.problem}.x().layout = Layout::dense({s.tokens, 1, s.heads * s.columns});
  relation.matches = match_outputs(problem);
  return relation;
}

Relation negated(const Problem& problem) {
  const Operand& x = Operands{problem}.x();
  const std::uint32_t sign = 1U << (8 * size_of(x.dtype) - 1);
  std::vector<std::uint32_t> bits = x.bits;
  for (std::uint32_t& element : bits) element ^= sign;
  return of_contents("x negated", problem, std::move(bits),
                     {match_all(Operands{problem}.scales())});
}

std::optional<Relation> scaled(const Problem& problem, int k) {
  auto bits = scaled_bits(problem, k);
  if (!bits) return std::nullopt;
  return of_contents("x times 2^" + std::to_string(k), problem, std::move(*bits),
                     {match_all(Operands{problem}.codes())});
}

std::optional<Relation> transposed(const Problem& problem) {
  Parameters p = Parameters::of(problem);
  if (p.mxfp4()) return std::nullopt;
  Relation relation{Check::probe, "scales transposed", problem, {}};
  p.form = p.form == Form::fp8 ? Form::fp8_transposed : Form::fp8;
  reference::write_scalars(relation.problem, p);
  lay_out_scales(relation.problem);
  relation.matches = match_outputs(problem);
  return relation;
}

std::optional<Problem> dequantized(const Problem& problem, reference::ScaleRule rule) {
  if (!Parameters::of(problem).mxfp4()) return std::nullopt;
  Problem other = problem;
  Operand& x = Operands{other}.x();
  bool holds = true;
  for_each_group(problem, [&](std::size_t first, std::size_t count) {
    std::array<float, 32> block{};
    for (std::size_t i = 0; i < count; ++i) {
      block[i] = static_cast<float>(decode(x.dtype, x.bits[first + i]));
      holds = holds && std::fabs(block[i]) < 0x1.0p120F;
    }
    if (!holds) return;
    const auto quantized = reference::quantize_mxfp4(block, rule);
    for (std::size_t i = 0; i < count; ++i) {
      const double value = reference::mxfp4_value(quantized.codes[i], quantized.scale);
      x.bits[first + i] = encode(x.dtype, value);
      holds = holds && decode(x.dtype, x.bits[first + i]) == value;
    }
  });
  if (!holds) return std::nullopt;
  return other;
}

std::optional<Relation> requantized(const Problem& problem) {
  auto other = dequantized(problem, reference::ScaleRule::even);
  if (!other) return std::nullopt;
  return of_contents("x dequantized", problem, std::move(Operands{*other}.x().bits),
                     match_outputs(problem));
}

std::vector<Relation> relations_of(const Problem& problem, Random& random) {
  const Layout& x = Operands{problem}.x().layout;
  const std::vector<std::int64_t>& shape = x.shape;
  if (x.elements() == 0) return {};
  const auto any = [&](std::size_t axis) { return random.between(0, shape[axis] - 1); };
  return draw_relations(
      random,
      {[&] { return token_alone(problem, any(0)); }, [&] { return token_twice(problem, any(0)); },
       [&] { return head_alone(problem, any(1)); }, [&] { return negated(problem); },
       [&] { return tokens_permuted(problem, random); },
       [&] { return heads_permuted(problem, random); },
       [&] { return some_groups(problem, random); }, [&] { return as_matrix(problem); },
       [&] { return scaled(problem, random.chance(50) ? 1 : -3); },
       [&] { return transposed(problem); }, [&] { return requantized(problem); }});
}

}  // namespace mlacheck::flatten_quant
