#include "reference/quantized_bmm/fp8_oracle.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "reference/common/bounds.hpp"
#include "reference/common/dot_bound.hpp"
#include "reference/common/quantize.hpp"
#include "reference/quantized_bmm/parameters.hpp"

namespace mlacheck::quantized_bmm {
namespace {

using reference::BoundedValue;
using reference::dot_arithmetic;
using reference::DotArithmetic;
using reference::Fp8Group;
using reference::Fp8Rule;
using reference::granule;
using reference::kFloatRoundoff;
using reference::kUnitFp8;
using reference::Products;
using reference::sum_error;
using reference::sum_is_exact;
using reference::Sums;
using reference::with_output_rounding;

constexpr std::size_t kGroup = 128;

// The groups of one line [K] of x.
struct QuantizedLine {
  std::vector<double> codes;   // decoded
  std::vector<double> scales;  // one a group
  std::vector<double> steps;   // between the codes that an element may have; empty: no choice
};

// Relative to the scale of the contract, where a subject's may be some units off m / maximum.
double scale_error_of(const Numerics& numerics) {
  if (numerics.scale_rule != ScaleOfGroup::within_ulps) return 0;
  return (2 * numerics.scale_error_ulps + 2) * kFloatRoundoff;
}

QuantizedLine quantized(std::span<const std::uint32_t> bits, DType dtype, const Fp8Rule& rule,
                        const Numerics& numerics) {
  const double scale_error = scale_error_of(numerics);
  QuantizedLine line;
  std::vector<float> group;
  for (std::size_t first = 0; first < bits.size(); first += kGroup) {
    group.clear();
    for (const std::uint32_t element : bits.subspan(first, std::min(kGroup, bits.size() - first))) {
      group.push_back(static_cast<float>(decode(dtype, element)));
    }
    const Fp8Group result = quantize_fp8_group(group, rule);
    line.scales.push_back(static_cast<double>(result.scale));
    for (const std::uint8_t code : result.codes) line.codes.push_back(decode(rule.format, code));
    if (scale_error == 0) continue;
    const double error = scale_error + reference::quotient_error(numerics);
    for (const float element : group) {
      const auto codes = fp8_codes_within(element, result.scale, error, rule);
      line.steps.push_back(
          std::fabs(decode(rule.format, codes.upper) - decode(rule.format, codes.lower)));
    }
  }
  return line;
}

// Over one group of codes. Products and their sums are exact in double: products are multiples of
// 2^-20, and sums of 128 stay below 2^26.
Sums sums_of(std::span<const double> a, std::span<const double> b) {
  Sums sums;
  for (std::size_t i = 0; i < a.size(); ++i) sums.add(a[i] * b[i], granule(a[i] * b[i]));
  return sums;
}

// The rounding of the last fp32 operation is in the bound already. A narrower type adds one
// rounding.
BoundedValue stored(DType output, BoundedValue e) {
  if (!std::isfinite(e.value) || e.bound == 0 || output == DType::f32) return e;
  return {e.value, with_output_rounding(output, e.value, e.bound)};
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
  const double scale_error = scale_error_of(problem.numerics);

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
    const QuantizedLine activations =
        quantized(std::span(x.bits).subspan(line * depth, depth), x.dtype, rule, problem.numerics);
    const auto groups = static_cast<double>(activations.scales.size());
    for (std::size_t column = 0; column < columns; ++column) {
      const std::size_t row = line % heads * columns + column;
      double exact = 0;
      double error = 0;
      // The fp32 result, if each group's sum is exact and adding it with one rounding or with two
      // gives the same number. Otherwise the result is not determined.
      float sum = 0;
      bool determined = true;
      for (std::size_t j = 0; j < activations.scales.size(); ++j) {
        const std::size_t first = j * kGroup;
        const std::size_t terms = std::min(kGroup, depth - first);
        const Sums d = sums_of(std::span(activations.codes).subspan(first, terms),
                               std::span(weights).subspan(row * depth + first, terms));
        const double scale = activations.scales[j];
        exact += d.value * scale;
        const double inner = sum_error(static_cast<double>(terms), d, how);
        // The roundings of the group: its multiplication, the additions, and the multiplication by
        // the scale of w.
        error += scale * (inner + (groups + 2) * kFloatRoundoff * d.magnitude) + 0x1.0p-149;
        if (scale_error > 0) {
          double moved = scale_error * d.magnitude;
          for (std::size_t k = first; k < first + terms; ++k) {
            moved += activations.steps[k] * (1 + scale_error) * std::fabs(weights[row * depth + k]);
          }
          error += scale * moved;
          determined = determined && moved == 0;
        }
        const float dot32 = static_cast<float>(d.value);
        const float scale32 = static_cast<float>(scale);
        const float separate = sum + dot32 * scale32;
        const float fused = std::fma(dot32, scale32, sum);
        const bool same = separate == fused || (std::isnan(separate) && std::isnan(fused));
        determined = determined &&
                     (d.magnitude == 0 || sum_is_exact(d, how) || !std::isfinite(d.value)) && same;
        sum = separate;
      }
      // The order of the groups is fixed, so a sum that left the range of fp32 stays out of it.
      determined = determined || !std::isfinite(sum);
      BoundedValue element{exact * w_scale, error * std::fabs(w_scale) + 0x1.0p-149};
      if (determined) element = {static_cast<double>(sum * static_cast<float>(w_scale)), 0};
      if (bias != nullptr) element = biased(element, biases[row]);
      // Infinite scales give an error that is infinite or NaN. The answer itself is certain.
      if (!std::isfinite(element.value)) element.bound = 0;
      // The sum with a bias is a bf16 number already.
      if (bias == nullptr || out.dtype != DType::bf16) element = stored(out.dtype, element);
      const std::size_t at = line * columns + column;
      expected.value[at] = element.value;
      expected.bound[at] = element.bound;
    }
  }
  return expected;
}

}  // namespace mlacheck::quantized_bmm
