// The three instructions around which LLVM builds division: v_div_scale, v_div_fmas, v_div_fixup.
// AMD's text of v_div_fmas gives a factor of 2^32; the factor is 2^64 or 2^-64, by S2's exponent.
#include <cmath>

#include "harness/amd/vector/families.hpp"
#include "harness/amd/vector/floats.hpp"
#include "harness/amd/vector/lanes.hpp"

namespace mlacheck::amd {
namespace {

struct Single {
  using Float = float;
  static constexpr Type kType = Type::float32;
  static constexpr int kFar = 96;   ///< difference of exponents from which the quotient is scaled
  static constexpr int kTiny = 23;  ///< exponent up to which the numerator is scaled
  static constexpr int kBias = 127;
  static constexpr int kScale = 64;
  static constexpr int kLowest = -126;
  static constexpr int kUnderflow = -150;
  static constexpr int kSpecial = 255;
  static int exponent(float value) {
    return static_cast<int>(std::bit_cast<u32>(value) >> 23 & 0xffU);
  }
};
struct Double {
  using Float = double;
  static constexpr Type kType = Type::float64;
  static constexpr int kFar = 768;
  static constexpr int kTiny = 53;
  static constexpr int kBias = 1023;
  static constexpr int kScale = 128;
  static constexpr int kLowest = -1022;
  static constexpr int kUnderflow = -1075;
  static constexpr int kSpecial = 2047;
  static int exponent(double value) {
    return static_cast<int>(std::bit_cast<u64>(value) >> 52 & 0x7ffU);
  }
};

// Whether a / b is a denormal number; neither is zero, both are finite.
template <class F>
bool quotient_is_denormal(typename F::Float a, typename F::Float b) {
  const long double quotient = std::fabs(static_cast<long double>(a) / static_cast<long double>(b));
  return quotient < std::ldexp(1.0L, F::kLowest);
}

template <class F>
F::Float scaled(typename F::Float value, typename F::Float denominator, typename F::Float numerator,
                bool& flag) {
  using Float = F::Float;
  flag = false;
  if (numerator == 0 || denominator == 0) return std::numeric_limits<Float>::quiet_NaN();
  const int of_numerator = F::exponent(numerator);
  const int of_denominator = F::exponent(denominator);
  if (of_numerator - of_denominator >= F::kFar) {
    flag = true;
    return value == denominator ? std::ldexp(value, F::kScale) : value;
  }
  if (of_denominator == 0) return std::ldexp(value, F::kScale);
  const bool finite = of_numerator != F::kSpecial && of_denominator != F::kSpecial;
  const bool small_reciprocal = finite && quotient_is_denormal<F>(1, denominator);
  const bool small_quotient = finite && quotient_is_denormal<F>(numerator, denominator);
  if (small_reciprocal && small_quotient) {
    // AMD's text has the other sign, which would make infinity of the denominator.
    flag = true;
    return value == denominator ? std::ldexp(value, -F::kScale) : value;
  }
  if (small_reciprocal) return std::ldexp(value, -F::kScale);
  if (small_quotient) {
    flag = true;
    return value == numerator ? std::ldexp(value, F::kScale) : value;
  }
  if (of_numerator <= F::kTiny) return std::ldexp(value, F::kScale);
  return value;
}

// Writes compute(lane, first, second, third) of the three sources to the target, for each lane. Lanes that
// are not enabled are computed, too, and not written.
template <class Float, class Compute>
void for_each_lane(Wave& wave, const Operation& operation, const Compute& compute) {
  for (unsigned half = 0; half < 2; ++half) {
    const u32 mask = enabled(wave, half);
    if (mask == 0) continue;
    std::array<Lanes, 3> in;
    for (std::size_t i = 0; i < 3; ++i) fetch<Float>(wave, operation.source[i], half, in[i]);
    alignas(64) std::array<u32, kHalf> low;
    alignas(64) std::array<u32, kHalf> high;
    for (unsigned i = 0; i < kHalf; ++i) {
      const auto value = [&in, i](std::size_t s) {
        return Lane<Float>::load(in[s].low[i], in[s].high[i]);
      };
      const Float result = compute(half * kHalf + i, value(0), value(1), value(2));
      low[i] = Lane<Float>::low(result);
      high[i] = Lane<Float>::high(result);
    }
    write<Float>(wave, operation, half, mask, low.data(), high.data());
  }
}

// Target, mask target, value, denominator, numerator.
template <class F>
void run_scale(Wave& wave, const Operation& operation) {
  using Float = F::Float;
  if (wave.special_mode && !wave.in_mode) return run_in_mode(wave, operation, F::kType);
  u64 flags = 0;
  for_each_lane<Float>(wave, operation,
                       [&flags](unsigned lane, Float value, Float denominator, Float numerator) {
                         bool flag = false;
                         const Float result = scaled<F>(value, denominator, numerator, flag);
                         flags |= u64{flag ? 1U : 0U} << lane;
                         return result;
                       });
  wave.set_mask(operation.mask_target, flags & joined(enabled(wave, 0), enabled(wave, 1)));
}

// fma(a, b, c) times a power of two, rounded once: the sum is exact but for what 64 bits of
// significand cannot hold.
template <class Float>
Float scaled_fma(Float a, Float b, Float c, int power) {
  if constexpr (sizeof(Float) == 4) {
    const long double sum = static_cast<long double>(a) * b + c;
    return static_cast<float>(std::ldexp(sum, power));
  } else {
    return std::ldexp(std::fma(a, b, c), power);
  }
}

template <class F>
void run_fmas(Wave& wave, const Operation& operation) {
  using Float = F::Float;
  if (wave.special_mode && !wave.in_mode) return run_in_mode(wave, operation, F::kType);
  const u64 vcc = wave.mask(ScalarRegister::kVcc);
  for_each_lane<Float>(wave, operation,
                       [vcc](unsigned lane, Float first, Float second, Float third) {
                         if ((vcc >> lane & 1U) == 0) return std::fma(first, second, third);
                         const int power = F::exponent(third) > F::kBias ? F::kScale : -F::kScale;
                         return scaled_fma(first, second, third, power);
                       });
}

template <class F>
F::Float fixed(typename F::Float quotient, typename F::Float denominator,
               typename F::Float numerator) {
  using Float = F::Float;
  constexpr Float infinity = std::numeric_limits<Float>::infinity();
  const bool negative = sign_of(numerator) != sign_of(denominator);
  const auto with_sign = [negative](Float magnitude) { return negative ? -magnitude : magnitude; };
  if (numerator != numerator) return quiet(numerator);
  if (denominator != denominator) return quiet(denominator);
  const bool infinite_numerator = std::fabs(numerator) == infinity;
  const bool infinite_denominator = std::fabs(denominator) == infinity;
  if ((numerator == 0 && denominator == 0) || (infinite_numerator && infinite_denominator)) {
    return -std::numeric_limits<Float>::quiet_NaN();  // 0xffc00000
  }
  if (denominator == 0 || infinite_numerator) return with_sign(infinity);
  if (infinite_denominator || numerator == 0) return with_sign(0);
  if (F::exponent(numerator) - F::exponent(denominator) < F::kUnderflow) return with_sign(0);
  // A quotient beyond the largest number made the correction subtract infinity from infinity. AMD's
  // text does not say so, but a division of finite numbers is never NaN.
  if (quotient != quotient) return with_sign(infinity);
  return with_sign(std::fabs(quotient));
}

void bind_scale(const Binding& binding) {
  expect_modifiers(binding, {});
  binding.operation.target = binding.vector_target(0);
  binding.operation.mask_target = binding.scalar_target(1);
  for (std::size_t i = 0; i < 3; ++i) binding.source(i, 2 + i, binding.entry.sources.at(i));
}

}  // namespace

void add_divisions(Table& table) {
  table.add("v_div_scale_f32", {&run_scale<Single>,
                                &bind_scale,
                                Type::float32,
                                {Type::float32, Type::float32, Type::float32},
                                3});
  table.add("v_div_scale_f64", {&run_scale<Double>,
                                &bind_scale,
                                Type::float64,
                                {Type::float64, Type::float64, Type::float64},
                                3});
  table.add("v_div_fmas_f32", {&run_fmas<Single>,
                               &bind_vector,
                               Type::float32,
                               {Type::float32, Type::float32, Type::float32},
                               3});
  table.add("v_div_fmas_f64", {&run_fmas<Double>,
                               &bind_vector,
                               Type::float64,
                               {Type::float64, Type::float64, Type::float64},
                               3});
  table.add("v_div_fixup_f32",
            vector([](float a, float b, float c) { return fixed<Single>(a, b, c); }));
  table.add("v_div_fixup_f64",
            vector([](double a, double b, double c) { return fixed<Double>(a, b, c); }));
}

}  // namespace mlacheck::amd
