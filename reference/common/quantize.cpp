#include "reference/common/quantize.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

namespace mlacheck::reference {
namespace {

constexpr double kSmallestNormalFloat = 0x1p-126;

// A product of two floats is exact in double, so this is one rounding.
float product(float a, float b) {
  return static_cast<float>(static_cast<double>(a) * static_cast<double>(b));
}

// The largest magnitude among the elements that are numbers.
float largest_number(std::span<const float> x) {
  float largest = 0;
  for (const float element : x) {
    if (!std::isnan(element)) largest = std::max(largest, std::fabs(element));
  }
  return largest;
}

std::uint32_t payload_of(float nan) { return std::bit_cast<std::uint32_t>(nan) % (1U << 23); }

// The quantizer rounds a NaN's exponent and mantissa like a number's: 2 is where the exponent of
// 2^128 ends up in three bits, and the payload adds its rounded multiple of 2^22.
int nan_code(float nan) { return 2 + static_cast<int>(std::nearbyint(payload_of(nan) * 0x1p-22)); }

bool holds(double amax, int exponent, ScaleRule rule) {
  const double unit = std::ldexp(1.0, exponent);
  switch (rule) {
    case ScaleRule::floor:
      return amax < 8 * unit;
    case ScaleRule::round_up:
      return amax <= 6 * unit;
    case ScaleRule::even:
      return amax < 7 * unit;
    case ScaleRule::ceil:
      return amax <= 4 * unit;
  }
  return false;
}

std::optional<float> first_nan(std::span<const float> x) {
  const auto found =
      std::find_if(x.begin(), x.end(), [](float value) { return std::isnan(value); });
  return found == x.end() ? std::nullopt : std::optional<float>(*found);
}

std::uint8_t scale_of_block(std::span<const float, 32> x, ScaleRule rule, SpecialBlock special) {
  const std::optional<float> nan = first_nan(x);
  if (nan && special == SpecialBlock::nan_scale) return 255;
  if (nan && special == SpecialBlock::wrap) return payload_of(*nan) >= 0x600000U ? 0 : 254;
  return mx_scale_byte(static_cast<double>(largest_number(x)), rule, special);
}

std::uint8_t code_in_block(float x, std::uint8_t scale, bool flushes) {
  const int sign = std::signbit(x) ? 8 : 0;
  if (std::isnan(x)) return static_cast<std::uint8_t>(sign + nan_code(x));
  double element = static_cast<double>(x);
  if (flushes && std::fabs(element) < kSmallestNormalFloat) element = 0;
  if (flushes && scale == 254) {
    if (std::isinf(element)) return 3;
    element = 0;
  }
  const double quotient = std::ldexp(std::fabs(element), 127 - scale);
  return static_cast<std::uint8_t>(sign +
                                   encode(SmallFormat::e2m1, quotient, Convention::ocp, true));
}

}  // namespace

std::uint8_t mx_scale_byte(double amax, ScaleRule rule, SpecialBlock special) {
  const bool is_special = std::isinf(amax) || (rule == ScaleRule::even && amax >= 0x1.cp127);
  if (is_special) {
    switch (special) {
      case SpecialBlock::launder:
      case SpecialBlock::wrap:
        return 254;
      case SpecialBlock::arithmetic:
        return 253;
      case SpecialBlock::nan_scale:
        return 255;
    }
  }
  int exponent = -127;
  while (!holds(amax, exponent, rule)) ++exponent;
  return static_cast<std::uint8_t>(exponent + 127);
}

MxBlock quantize_mxfp4(std::span<const float, 32> x, ScaleRule rule, SpecialBlock special,
                       bool flushes) {
  MxBlock block;
  block.scale = scale_of_block(x, rule, special);
  if (block.scale == 255) return block;
  for (std::size_t i = 0; i < x.size(); ++i) {
    block.codes[i] = code_in_block(x[i], block.scale, flushes);
  }
  return block;
}

double mxfp4_value(std::uint8_t code, std::uint8_t scale) {
  return decode(SmallFormat::e2m1, code) * decode_e8m0(scale);
}

float fp8_magnitude(std::span<const float> x, const Fp8Rule& rule) {
  return std::max(largest_number(x), rule.eps);
}

std::uint8_t fp8_code(double scaled, const Fp8Rule& rule) {
  const auto most = static_cast<double>(rule.maximum);
  if (!std::isnan(scaled)) {
    scaled = std::clamp(scaled, -most, most);
  } else if (!rule.clamp_keeps_nan) {
    scaled = -most;
  }
  return encode(rule.format, scaled, Convention::cuda, true);
}

Fp8Codes fp8_codes_within(float x, float scale, double error, const Fp8Rule& rule) {
  const double quotient = static_cast<double>(x) / static_cast<double>(scale);
  return {fp8_code(quotient * (1 - error), rule), fp8_code(quotient * (1 + error), rule)};
}

Fp8Group quantize_fp8_group(std::span<const float> x, const Fp8Rule& rule) {
  const float m = fp8_magnitude(x, rule);
  Fp8Group group;
  group.scale = rule.multiplies_by_reciprocal ? product(m, 1.0f / rule.maximum) : m / rule.maximum;
  const float inverse = 1.0f / group.scale;
  for (const float element : x) {
    group.codes.push_back(fp8_code(static_cast<double>(product(element, inverse)), rule));
  }
  return group;
}

Nvfp4Block quantize_nvfp4(std::span<const float, 16> x, float global) {
  const float amax = largest_number(x);
  Nvfp4Block block;
  float factor = 0;
  if (amax != 0) {
    const float target = product(amax, product(global, 1.0f / 6.0f));
    block.scale = encode(SmallFormat::e4m3fn, static_cast<double>(target), Convention::cuda, true);
    const auto rounded = static_cast<float>(decode(SmallFormat::e4m3fn, block.scale));
    factor = 1.0f / product(rounded, 1.0f / global);
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    block.codes[i] = encode(SmallFormat::e2m1, static_cast<double>(product(x[i], factor)),
                            Convention::cuda, true);
  }
  return block;
}

}  // namespace mlacheck::reference
