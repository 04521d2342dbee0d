#include "properties/quantized_bmm/relations.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "reference/common/quantize.hpp"
#include "reference/quantized_bmm/exactness.hpp"
#include "reference/quantized_bmm/parameters.hpp"

namespace mlacheck::quantized_bmm {
namespace {

// Restrictions pass over operands that a form lacks.
const std::vector<OperandAxis> kTokenAxes{{"x", 0}, {"x_scales", 0}, {"out", 0}};
const std::vector<OperandAxis> kHeadAxes{{"x", 1},        {"x_scales", 1}, {"w", 0},
                                         {"w_scales", 0}, {"bias", 0},     {"out", 1}};
const std::vector<OperandAxis> kColumnAxes{{"w", 1}, {"w_scales", 1}, {"bias", 1}, {"out", 2}};

std::optional<Relation> permuted(const Problem& problem, const std::string& what,
                                 const std::vector<OperandAxis>& axes, std::size_t axis,
                                 Random& random) {
  const std::int64_t extent = Operands{problem}.out().layout.shape[axis];
  if (extent < 2) return std::nullopt;
  return restricted(Check::batch, what + " permuted", problem, axes, draw_order(random, 0, extent));
}

bool quantizes(const Problem& problem) { return Parameters::of(problem).quantizes_to_mxfp4(); }

bool is_finite(const Operand& x) {
  return std::all_of(x.bits.begin(), x.bits.end(),
                     [&](std::uint32_t bits) { return std::isfinite(decode(x.dtype, bits)); });
}

// Doubled x and halved w must stay within their ranges.
bool can_shift(const Problem& problem) {
  const Operands o{problem};
  // Groups below 1e-10 keep their scale.
  if (Parameters::of(problem).fp8()) {
    return is_inside(o.x(), 0x1p-30, 0x1p60) && is_inside(o.w_scale(), 0x1p-100, 0x1p100);
  }
  const bool clear = quantizes(problem)
                         ? is_inside(o.x(), 0x1p-100, largest_finite(o.x().dtype) / 16)
                         : is_inside(o.x_scales(), 1, 250);
  return clear && is_inside(o.w_scales(), 1, 249) &&
         // A zero byte is a scale too.
         std::count(o.w_scales().bits.begin(), o.w_scales().bits.end(), 0U) == 0;
}

// Rounding is symmetric, and so are the codes. FP8 clamping is not where it meets a NaN.
bool can_negate(const Problem& problem) {
  return !Parameters::of(problem).fp8() || is_finite(Operands{problem}.x());
}

// The contract leaves the order of the sum open. Only where sums are exact is the result determined
// all the same.
bool is_exact(const Problem& problem) {
  if (Parameters::of(problem).fp8()) return false;
  const std::vector<bool> exact = exact_by_scales(problem);
  return std::find(exact.begin(), exact.end(), false) == exact.end();
}

}  // namespace

std::vector<RowSize> row_sizes_of(const Problem& /*problem*/) {
  return {{"tokens", kTokenAxes}, {"heads", kHeadAxes}};
}

Relation same_result(std::string name, Problem problem) {
  Relation relation{Check::probe, std::move(name), std::move(problem), {}};
  const Operand& out = Operands{relation.problem}.out();
  relation.matches.push_back(match_taken(out, 0, index_range(0, out.layout.shape[0])));
  return relation;
}

bool is_inside(const Operand& operand, double least, double most) {
  return std::all_of(operand.bits.begin(), operand.bits.end(), [&](std::uint32_t bits) {
    const double magnitude = std::fabs(decode(operand.dtype, bits));
    return magnitude == 0 || (magnitude >= least && magnitude <= most);
  });
}

std::optional<Relation> both_negated(const Problem& problem) {
  if (!can_negate(problem)) return std::nullopt;
  const Parameters parameters = Parameters::of(problem);
  Problem other = problem;
  const Operands o{other};
  const std::uint32_t x_signs = o.x().dtype == DType::u8 ? 0x88U : 0x8000U;
  for (std::uint32_t& bits : o.x().bits) bits ^= x_signs;
  for (std::uint32_t& bits : o.w().bits) {
    // E4M3FNUZ has one zero, whose negative is the code of NaN.
    if (!parameters.fp8()) {
      bits ^= 0x88U;
    } else if (bits % 128 != 0 || parameters.format == Fp8Format::e4m3fn) {
      bits ^= 0x80U;
    }
  }
  return same_result("both operands negated", std::move(other));
}

std::optional<Relation> prequantized(const Problem& problem) {
  if (!quantizes(problem)) return std::nullopt;
  Problem other = problem;
  Parameters parameters = Parameters::of(problem);
  parameters.form = Form::afp4wfp4;
  reference::write_scalars(other, parameters);
  Operand& x = Operands{other}.x();
  Operand scales;
  scales.name = "x_scales";
  scales.dtype = DType::u8;
  std::vector<std::uint32_t> pairs;
  std::array<float, 32> block{};
  for (std::size_t first = 0; first < x.bits.size(); first += block.size()) {
    for (std::size_t i = 0; i < block.size(); ++i) {
      block[i] = static_cast<float>(decode(x.dtype, x.bits[first + i]));
    }
    const reference::MxBlock quantized =
        reference::quantize_mxfp4(block, reference::ScaleRule::even);
    scales.bits.push_back(quantized.scale);
    for (std::size_t i = 0; i < block.size(); i += 2) {
      pairs.push_back(quantized.codes[i] + 16U * quantized.codes[i + 1]);
    }
  }
  std::vector<std::int64_t> shape = x.layout.shape;
  shape[2] /= 2;
  x.layout = Layout::dense(shape);
  shape[2] /= 16;
  scales.layout = Layout::dense(shape);
  x.dtype = DType::u8;
  x.bits = std::move(pairs);
  other.operands.push_back(std::move(scales));
  return same_result("x quantized beforehand", std::move(other));
}

std::optional<Relation> shifted(const Problem& problem) {
  if (!can_shift(problem)) return std::nullopt;
  Problem other = problem;
  const Operands o{other};
  const bool fp8 = Parameters::of(problem).fp8();
  if (fp8 || quantizes(problem)) {
    for (std::uint32_t& bits : o.x().bits)
      bits = encode(o.x().dtype, 2 * decode(o.x().dtype, bits));
  } else {
    for (std::uint32_t& scale : o.x_scales().bits) ++scale;
  }
  if (fp8) {
    std::uint32_t& scale = o.w_scale().bits.front();
    scale = encode(DType::f32, decode(DType::f32, scale) / 2);
  } else {
    for (std::uint32_t& scale : o.w_scales().bits) --scale;
  }
  return same_result("x doubled and w halved", std::move(other));
}

Relation token_alone(const Problem& problem, std::int64_t token) {
  return restricted(Check::batch, "token " + std::to_string(token) + " alone", problem, kTokenAxes,
                    {token});
}

Relation head_alone(const Problem& problem, std::int64_t head) {
  return restricted(Check::batch, "head " + std::to_string(head) + " alone", problem, kHeadAxes,
                    {head});
}

Relation columns_alone(const Problem& problem, std::int64_t first, std::int64_t end) {
  return restricted(
      Check::batch,
      "columns " + std::to_string(first) + " to " + std::to_string(end - 1) + " alone", problem,
      kColumnAxes, index_range(first, end));
}

std::optional<Relation> tokens_permuted(const Problem& problem, Random& random) {
  return permuted(problem, "tokens", kTokenAxes, 0, random);
}

std::optional<Relation> heads_permuted(const Problem& problem, Random& random) {
  return permuted(problem, "heads", kHeadAxes, 1, random);
}

std::optional<Relation> columns_permuted(const Problem& problem, Random& random) {
  return permuted(problem, "columns", kColumnAxes, 2, random);
}

Relation out_contiguous(const Problem& problem) {
  Problem other = problem;
  Layout& layout = Operands{other}.out().layout;
  layout = Layout::dense(layout.shape);
  return same_result("out contiguous", std::move(other));
}

std::vector<Relation> relations_of(const Problem& problem, Random& random) {
  const Layout& out = Operands{problem}.out().layout;
  const std::vector<std::int64_t>& shape = out.shape;
  if (out.elements() == 0) return {};
  const auto any = [&](std::size_t axis) { return random.between(0, shape[axis] - 1); };
  return draw_relations(
      random, {[&] { return both_negated(problem); }, [&] { return prequantized(problem); },
               [&] { return shifted(problem); }, [&] { return token_alone(problem, any(0)); },
               [&] { return head_alone(problem, any(1)); },
               [&] {
                 const std::int64_t column = any(2);
                 return columns_alone(problem, column, column + 1);
               },
               [&] {
                 // All columns on one side of a cut. The two sides together make up the whole
                 // product.
                 const std::int64_t cut = any(2);
                 return cut == 0 || random.chance(50) ? columns_alone(problem, cut, shape[2])
                                                      : columns_alone(problem, 0, cut);
               },
               [&] { return tokens_permuted(problem, random); },
               [&] { return heads_permuted(problem, random); },
               [&] { return columns_permuted(problem, random); },
               [&]() -> std::optional<Relation> {
                 if (!is_exact(problem)) return std::nullopt;
                 return padded_with_zeros(problem, random.between(1, 3));
               },
               [&]() -> std::optional<Relation> {
                 if (!is_exact(problem)) return std::nullopt;
                 return in_splits(problem, random.between(1, 4));
               }});
}

}  // namespace mlacheck::quantized_bmm
