// The 8-bit formats. AMD names them FP8 (4 exponent bits) and BF8 (5 exponent bits).
//
// gfx942: no infinity, no negative zero, and 0x80 is the one NaN; the biases are 8 and 16. Others say e4m3fnuz
// and e5m2fnuz. gfx950: those of the OCP 8-bit Floating Point Specification 1.0, e4m3fn (bias 7, no infinity, NaN
// where all bits but the sign are set) and e5m2 (bias 15, infinities and NaN as in IEEE 754).
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "harness/amd/wave/words.hpp"

namespace mlacheck::amd {

template <int Fraction, int Bias>
inline float from_small(u8 code) {
  if (code == 0x80) return std::numeric_limits<float>::quiet_NaN();
  const int fraction = code & ((1 << Fraction) - 1);
  const int exponent = (code & 0x7f) >> Fraction;
  const float magnitude =
      exponent == 0
          ? std::ldexp(static_cast<float>(fraction), 1 - Bias - Fraction)
          : std::ldexp(static_cast<float>(fraction + (1 << Fraction)), exponent - Bias - Fraction);
  return (code & 0x80) != 0 ? -magnitude : magnitude;
}

inline float from_fp8(u8 code) { return from_small<3, 8>(code); }
inline float from_bf8(u8 code) { return from_small<2, 16>(code); }

/// To the nearest, ties to even. What is too large becomes the largest number where `saturates`
/// (FP16_OVFL of the MODE register), else NaN; so does an infinity.
template <int Fraction, int Bias>
inline u8 to_small(float value, bool saturates) {
  if (value != value) return 0x80;
  const u8 sign = std::signbit(value) ? 0x80 : 0;
  const float magnitude = std::fabs(value);
  if (magnitude == 0) return 0;
  int exponent = 0;
  if (std::isfinite(magnitude)) std::frexp(magnitude, &exponent);
  // The weight of the last place at this magnitude: an exact power of two.
  const int last = std::max(exponent - 1, 1 - Bias) - Fraction;
  constexpr int kMost = (((1 << (7 - Fraction)) - 1) << Fraction) + (1 << Fraction) - 1;
  int code = kMost + 1;
  if (std::isfinite(magnitude)) {
    const int steps = static_cast<int>(std::nearbyint(std::ldexp(magnitude, -last)));
    const int field = last + Fraction + Bias;  // of a normal number; 1 for subnormal ones, too
    code = std::min(steps + ((field - 1) << Fraction), kMost + 1);
  }
  if (code > kMost) return saturates ? static_cast<u8>(sign | kMost) : u8{0x80};
  return code == 0 ? u8{0} : static_cast<u8>(sign | code);
}

/// Finite is what is below the magnitude `FirstSpecial`; that one is an infinity where `Infinite`, all others NaN.
template <int Fraction, int Bias, int FirstSpecial, bool Infinite>
inline float from_ocp(u8 code) {
  const int magnitude = code & 0x7f;
  const float sign = (code & 0x80) != 0 ? -1.0F : 1.0F;
  if (magnitude >= FirstSpecial) {
    return Infinite && magnitude == FirstSpecial ? sign * std::numeric_limits<float>::infinity()
                                                 : std::numeric_limits<float>::quiet_NaN();
  }
  const int fraction = magnitude & ((1 << Fraction) - 1);
  const int exponent = magnitude >> Fraction;
  return sign * (exponent == 0 ? std::ldexp(static_cast<float>(fraction), 1 - Bias - Fraction)
                               : std::ldexp(static_cast<float>(fraction + (1 << Fraction)),
                                            exponent - Bias - Fraction));
}

inline float from_ocp_fp8(u8 code) { return from_ocp<3, 7, 0x7f, false>(code); }
inline float from_ocp_bf8(u8 code) { return from_ocp<2, 15, 0x7c, true>(code); }

/// To the nearest, ties to even, with the sign of zero. A finite number that is too large becomes the largest
/// where `saturates`, else the magnitude `FirstSpecial`, and so does an infinity.
template <int Fraction, int Bias, int FirstSpecial>
inline u8 to_ocp(float value, bool saturates) {
  const u8 sign = std::signbit(value) ? 0x80 : 0;
  if (value != value) return static_cast<u8>(sign | 0x7f);
  const float magnitude = std::fabs(value);
  int code = FirstSpecial;
  if (std::isfinite(magnitude)) {
    int exponent = 0;
    std::frexp(magnitude, &exponent);
    const int last = std::max(magnitude == 0 ? 1 - Bias : exponent - 1, 1 - Bias) - Fraction;
    const int steps = static_cast<int>(std::nearbyint(std::ldexp(magnitude, -last)));
    const int field = last + Fraction + Bias;
    code = std::min(steps + ((field - 1) << Fraction), FirstSpecial);
  }
  if (code == FirstSpecial && saturates && std::isfinite(magnitude)) code = FirstSpecial - 1;
  return static_cast<u8>(sign | code);
}

inline u8 to_ocp_fp8(float value, bool saturates) { return to_ocp<3, 7, 0x7f>(value, saturates); }
inline u8 to_ocp_bf8(float value, bool saturates) { return to_ocp<2, 15, 0x7c>(value, saturates); }

/// E2M1 of OCP's Microscaling Formats: a code of four bits.
inline float from_fp4(u32 code) {
  constexpr std::array<float, 8> magnitudes{0.0F, 0.5F, 1.0F, 1.5F, 2.0F, 3.0F, 4.0F, 6.0F};
  return (code & 8U) != 0 ? -magnitudes.at(code & 7U) : magnitudes.at(code & 7U);
}

/// E8M0: 2^(byte - 127), 255 is NaN.
inline float from_e8m0(u32 byte) {
  return byte == 255 ? std::numeric_limits<float>::quiet_NaN()
                     : std::ldexp(1.0F, static_cast<int>(byte) - 127);
}

inline u8 to_fp8(float value, bool saturates) { return to_small<3, 8>(value, saturates); }
inline u8 to_bf8(float value, bool saturates) { return to_small<2, 16>(value, saturates); }

}  // namespace mlacheck::amd
