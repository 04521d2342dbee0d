#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "properties/quantized_bmm.hpp"
#include "reference/quantize.hpp"

namespace mlacheck {
namespace {

// Restrictions pass over operands that a form lacks.
const std::vector<OperandAxis> kTokenAxes{{"x", 0}, {"x_scales", 0}, {"out", 0}};
const std::vector<OperandAxis> kHeadAxes{{"x", 1},        {"x_scales", 1}, {"w", 0},
                                         {"w_scales", 0}, {"bias", 0},     {"out", 1}};
const std::vector<OperandAxis> kColumnAxes{{"w", 1}, {"w_scales", 1}, {"bias", 1}, {"out", 2}};

Operand& named(Problem& problem, std::string_view name) {
  return *std::find_if(problem.operands.begin(), problem.operands.end(),
                       [&](const Operand& operand) { return operand.name == name; });
}

// Another problem with the same result everywhere.
Relation equal_result(std::string name, Problem problem) {
  Relation relation{Check::probe, std::move(name), std::move(problem), {}};
  const Operand& out = relation.problem.operand("out");
  relation.matches.push_back(match_taken(out, 0, index_range(0, out.layout.shape[0])));
  return relation;
}

bool is_fp8(const Problem& problem) { return problem.integer("form") == 2; }

bool is_finite(const Operand& x) {
  return std::all_of(x.bits.begin(), x.bits.end(),
                     [&](std::uint32_t bits) { return std::isfinite(decode(x.dtype, bits)); });
}

// Rounding is symmetric, and so are the codes. FP8 clamping is not where it meets a NaN.
bool can_negate(const Problem& problem) {
  return !is_fp8(problem) || is_finite(problem.operand("x"));
}

Relation negated(const Problem& problem) {
  Problem other = problem;
  Operand& x = named(other, "x");
  const std::uint32_t x_signs = x.dtype == DType::u8 ? 0x88U : 0x8000U;
  for (std::uint32_t& bits : x.bits) bits ^= x_signs;
  for (std::uint32_t& bits : named(other, "w").bits) {
    // E4M3FNUZ has one zero, whose negative is the code of NaN.
    if (!is_fp8(problem)) {
      bits ^= 0x88U;
    } else if (bits % 128 != 0 || problem.integer("fnuz") == 0) {
      bits ^= 0x80U;
    }
  }
  return equal_result("both operands negated", std::move(other));
}

bool quantises(const Problem& problem) { return problem.integer("form") == 0; }

// The codes that the op must find are given to it.
Relation prequantised(const Problem& problem) {
  Problem other = problem;
  set_integer(other, "form", 1);
  Operand& x = named(other, "x");
  Operand scales;
  scales.name = "x_scales";
  scales.dtype = DType::u8;
  std::vector<std::uint32_t> pairs;
  std::array<float, 32> block{};
  for (std::size_t first = 0; first < x.bits.size(); first += block.size()) {
    for (std::size_t i = 0; i < block.size(); ++i) {
      block[i] = static_cast<float>(decode(x.dtype, x.bits[first + i]));
    }
    const reference::MxBlock quantised =
        reference::quantize_mxfp4(block, reference::ScaleRule::even);
    scales.bits.push_back(quantised.scale);
    for (std::size_t i = 0; i < block.size(); i += 2) {
      pairs.push_back(quantised.codes[i] + 16U * quantised.codes[i + 1]);
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
  return equal_result("x quantised beforehand", std::move(other));
}

// x twice as large and w half as large: every product stays. Only where both stay clear of the ends
// of their ranges.
bool are_inside(const Operand& operand, double least, double most) {
  return std::all_of(operand.bits.begin(), operand.bits.end(), [&](std::uint32_t bits) {
    const double magnitude = std::fabs(decode(operand.dtype, bits));
    return magnitude == 0 || (magnitude >= least && magnitude <= most);
  });
}

bool can_shift(const Problem& problem) {
  const Operand& x = problem.operand("x");
  // Groups below 1e-10 keep their scale.
  if (is_fp8(problem)) return are_inside(x, 0x1p-30, 0x1p60);
  const bool clear = quantises(problem) ? are_inside(x, 0x1p-100, largest_finite(x.dtype) / 16)
                                        : are_inside(problem.operand("x_scales"), 1, 250);
  return clear && are_inside(problem.operand("w_scales"), 1, 249) &&
         // A zero byte is a scale too.
         std::count(problem.operand("w_scales").bits.begin(),
                    problem.operand("w_scales").bits.end(), 0U) == 0;
}

Relation shifted(const Problem& problem) {
  Problem other = problem;
  if (is_fp8(problem) || quantises(problem)) {
    Operand& x = named(other, "x");
    for (std::uint32_t& bits : x.bits) bits = encode(x.dtype, 2 * decode(x.dtype, bits));
  } else {
    for (std::uint32_t& scale : named(other, "x_scales").bits) ++scale;
  }
  if (is_fp8(problem)) {
    std::uint32_t& scale = named(other, "w_scale").bits.front();
    scale = encode(DType::f32, decode(DType::f32, scale) / 2);
  } else {
    for (std::uint32_t& scale : named(other, "w_scales").bits) --scale;
  }
  return equal_result("x doubled and w halved", std::move(other));
}

}  // namespace

std::vector<Relation> quantized_bmm_relations(const Problem& problem, Random& random) {
  const std::vector<std::int64_t>& shape = problem.operand("out").layout.shape;
  if (problem.operand("out").layout.elements() == 0) return {};
  std::vector<RelationMaker> candidates;
  if (can_negate(problem)) candidates.emplace_back([&] { return negated(problem); });
  if (quantises(problem)) candidates.emplace_back([&] { return prequantised(problem); });
  if (can_shift(problem)) candidates.emplace_back([&] { return shifted(problem); });
  const auto add_axis = [&](const std::vector<OperandAxis>& axes, std::int64_t extent,
                            const std::string& what) {
    candidates.emplace_back([&, extent, what] {
      const std::int64_t one = random.between(0, extent - 1);
      return restricted(Check::batch, what + " " + std::to_string(one) + " alone", problem, axes,
                        {one});
    });
    if (extent < 2) return;
    candidates.emplace_back([&, extent, what] {
      return restricted(Check::batch, what + "s permuted", problem, axes,
                        draw_order(random, 0, extent));
    });
  };
  add_axis(kTokenAxes, shape[0], "token");
  add_axis(kHeadAxes, shape[1], "head");
  add_axis(kColumnAxes, shape[2], "column");
  return draw_relations(random, std::move(candidates));
}

}  // namespace mlacheck
