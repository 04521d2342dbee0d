#include "reference/quantized_bmm/fp8_oracle.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "reference/common/bounds.hpp"
#include "reference/common/dot_bound.hpp"
#include "reference/common/quantize.hpp"
#include "reference/quantized_bmm/parameters.hpp"
#include "reference/quantized_bmm/scaled_groups.hpp"

namespace mlacheck::quantized_bmm {
namespace {

using reference::BoundedValue;
using reference::dot_arithmetic;
using reference::DotArithmetic;
using reference::Fp8Group;
using reference::Fp8Rule;
using reference::kFloatRoundoff;
using reference::kUnitFp8;
using reference::Products;
using reference::with_output_rounding;

constexpr std::size_t kGroup = 128;

// Relative to the scale of the contract, where a subject's may be some units off m / maximum.
double scale_error_of(const Numerics& numerics) {
  if (numerics.scale_rule != ScaleOfGroup::within_ulps) return 0;
  return (2 * numerics.scale_error_ulps + 2) * kFloatRoundoff;
}

// One line [K] of x.
ScaledGroups quantized(std::span<const std::uint32_t> bits, DType dtype, const Fp8Rule& rule,
                       const Numerics& numerics) {
  ScaledGroups line;
  line.scale_error = scale_error_of(numerics);
  line.smallest_normal = smallest_normal(rule.format);
  std::vector<float> group;
  for (std::size_t first = 0; first < bits.size(); first += kGroup) {
    group.clear();
    for (const std::uint32_t element : bits.subspan(first, std::min(kGroup, bits.size() - first))) {
      group.push_back(static_cast<float>(decode(dtype, element)));
    }
    const Fp8Group result = quantize_fp8_group(group, rule);
    line.sizes.push_back(group.size());
    line.scales.push_back(static_cast<double>(result.scale));
    for (const std::uint8_t code : result.codes) line.codes.push_back(decode(rule.format, code));
    if (line.scale_error == 0) continue;
    const double error = line.scale_error + reference::quotient_error(numerics);
    for (const float element : group) {
      const auto codes = fp8_codes_within(element, result.scale, error, rule);
      line.steps.push_back(
          std::fabs(decode(rule.format, codes.upper) - decode(rule.format, codes.lower)));
    }
  }
  return line;
}

// The bias is added in bf16: the sum is rounded before and after.
BoundedValue biased(BoundedValue e, double bias) {
  const auto to_bf16 = [](double value) { return decode(DType::bf16, encode(DType::bf16, value)); };
  if (e.bound == 0 || !std::isfinite(e.value)) return {to_bf16(to_bf16(e.value) + bias), 0};
  const double first = with_output_rounding(DType::bf16, e.value, e.bound);
  return {e.value + bias, with_output_rounding(DType::bf16, e.value + bias, first)};
}

}  // namespace

ExpectedTensor expect_fp8(const Problem& problem) {
  const Operands o{problem};
  const Operand& x = o.x();
  const Operand& out = o.out();
  const Operand* bias = o.bias();
  const auto tokens = static_cast<std::size_t>(out.layout.shape[0]);
  const auto heads = static_cast<std::size_t>(out.layout.shape[1]);
  const auto columns = static_cast<std::size_t>(out.layout.shape[2]);
  const auto depth = static_cast<std::size_t>(x.layout.shape[2]);
  const DotArithmetic how = dot_arithmetic(problem.numerics, Products::exact, kUnitFp8);

  const auto parameters = Parameters::of(problem);
  Fp8Rule rule;
  rule.format = small_format(parameters.format);
  rule.maximum = static_cast<float>(parameters.maximum);
  rule.multiplies_by_reciprocal = problem.numerics.scale_rule != ScaleOfGroup::division;

  ExpectedTensor expected = ExpectedTensor::like(out);
  if (expected.value.empty()) return expected;

  const double w_scale = o.w_scale().values().at(0);
  const std::vector<double> biases = bias != nullptr ? bias->values() : std::vector<double>{};
  std::vector<double> weights;
  weights.reserve(o.w().bits.size());
  for (const std::uint32_t code : o.w().bits) {
    weights.push_back(decode(rule.format, static_cast<std::uint8_t>(code)));
  }

  for (std::size_t line = 0; line < tokens * heads; ++line) {
    const ScaledGroups activations =
        quantized(std::span(x.bits).subspan(line * depth, depth), x.dtype, rule, problem.numerics);
    for (std::size_t column = 0; column < columns; ++column) {
      const std::size_t row = line % heads * columns + column;
      BoundedValue element =
          scaled_sum(activations, std::span(weights).subspan(row * depth, depth), w_scale, how);
      if (bias != nullptr) element = biased(element, biases[row]);
      // Infinite scales give an error that is infinite or NaN. The answer itself is certain.
      if (!std::isfinite(element.value)) element.bound = 0;
      // The sum with a bias is a bf16 number already.
      if (bias == nullptr || out.dtype != DType::bf16) element = stored_scaled(out.dtype, element);
      const std::size_t at = line * columns + column;
      expected.value[at] = element.value;
      expected.bound[at] = element.bound;
    }
  }
  return expected;
}

}  // namespace mlacheck::quantized_bmm
