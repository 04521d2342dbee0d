#include "reference/quantized_bmm/scaled_groups.hpp"

#include <cmath>

#include "reference/common/alignment.hpp"
#include "reference/common/bounds.hpp"

namespace mlacheck::quantized_bmm {
namespace {

using reference::aligned;
using reference::BoundedValue;
using reference::DotArithmetic;
using reference::granule;
using reference::kFloatRoundoff;
using reference::Sums;

// Over one group of codes. Products and their sums are exact in double: products are multiples of
// 2^-20, and sums of 128 stay below 2^26.
Sums sums_of(std::span<const double> a, std::span<const double> b, double smallest_normal,
             const DotArithmetic& how) {
  Sums sums;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double product = a[i] * b[i];
    sums.add(product, granule(product));
    if (how.unit == nullptr) continue;
    sums.subnormal +=
        aligned(a[i], smallest_normal) * aligned(b[i], smallest_normal) - std::fabs(product);
  }
  return sums;
}

}  // namespace

BoundedValue scaled_sum(const ScaledGroups& line, std::span<const double> weights, double w_scale,
                        const DotArithmetic& how) {
  const auto groups = static_cast<double>(line.scales.size());
  double exact = 0;
  double error = 0;
  // The fp32 result, if each group's sum is exact and adding it with one rounding or with two gives
  // the same number. Otherwise the result is not determined.
  float sum = 0;
  bool determined = true;
  std::size_t first = 0;
  for (std::size_t j = 0; j < line.scales.size(); ++j) {
    const std::size_t terms = line.sizes[j];
    const Sums d = sums_of(std::span(line.codes).subspan(first, terms),
                           weights.subspan(first, terms), line.smallest_normal, how);
    const double scale = line.scales[j];
    exact += d.value * scale;
    const double inner = reference::sum_error(static_cast<double>(terms), d, how);
    // The roundings of the group: its multiplication, the additions, and the multiplication by the
    // scale of w.
    error += scale * (inner + (groups + 2) * kFloatRoundoff * d.magnitude) + 0x1.0p-149;
    if (line.scale_error > 0) {
      double moved = line.scale_error * d.magnitude;
      for (std::size_t k = first; k < first + terms; ++k) {
        moved += line.steps[k] * (1 + line.scale_error) * std::fabs(weights[k]);
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
                 (d.magnitude == 0 || reference::sum_is_exact(d, how) || !std::isfinite(d.value)) &&
                 same;
    sum = separate;
    first += terms;
  }
  // The order of the groups is fixed, so a sum that left the range of fp32 stays out of it.
  determined = determined || !std::isfinite(sum);
  if (determined) return {static_cast<double>(sum * static_cast<float>(w_scale)), 0};
  return {exact * w_scale, error * std::fabs(w_scale) + 0x1.0p-149};
}

// The rounding of the last fp32 operation is in the bound already.
BoundedValue stored_scaled(DType output, BoundedValue sum) {
  if (!std::isfinite(sum.value) || sum.bound == 0 || output == DType::f32) return sum;
  return {sum.value, reference::with_output_rounding(output, sum.value, sum.bound)};
}

}  // namespace mlacheck::quantized_bmm
