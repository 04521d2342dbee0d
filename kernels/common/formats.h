// Number formats below 16 bits, for kernels: E2M1, E4M3FN, E4M3FNUZ, E5M2 and the scale format
// E8M0.
//
// Sources: OCP 8-bit Floating Point Specification 1.0 (E4M3, called E4M3FN here, and E5M2), OCP
// Microscaling Formats 1.0 (E2M1, E8M0); the FNUZ variant has a bias higher by one, no negative
// zero and one NaN, 0x80. Decoding is exact. Encoding rounds to nearest, ties to even; what becomes
// of overflow, infinity and NaN is a policy, because the toolkits differ there.
//
//   decode<E4M3FN>(code)                     float
//   encode<E4M3FN, CudaSaturate>(x)          code, in the low bits
//   decode_e8m0(byte), encode_e8m0<...>(x)   powers of two
//   scale_byte<ScaleRule::even>(amax)        shared exponent of a block of E2M1
#pragma once

#include <cstdint>

#include "harness/device/dialect.h"

namespace mlacheck::MLACHECK_TARGET {

/// Which codes are not finite numbers.
enum class SpecialCodes : std::uint8_t {
  none,            ///< all codes are finite
  all_ones_nan,    ///< exponent and mantissa all ones: NaN; no infinity
  minus_zero_nan,  ///< the code of -0 is the only NaN; no infinity
  ieee,            ///< top exponent: infinity and NaNs
};

/// Sign bit, then the exponent, then the mantissa. As in IEEE 754 a zero exponent field holds
/// multiples of the smallest subnormal number.
template <int kExponentBitsOf, int kMantissaBitsOf, int kBiasOf, SpecialCodes kSpecialCodesOf>
struct SmallFloat {
  static constexpr int kExponentBits = kExponentBitsOf;
  static constexpr int kMantissaBits = kMantissaBitsOf;
  static constexpr int kBias = kBiasOf;
  static constexpr SpecialCodes kSpecialCodes = kSpecialCodesOf;
  static constexpr std::uint32_t kSignBit = 1U << (kExponentBits + kMantissaBits);
  static constexpr std::uint32_t kTopExponent = ((1U << kExponentBits) - 1U) << kMantissaBits;
  /// Code of the largest finite number.
  static constexpr std::uint32_t kLargest = kSpecialCodes == SpecialCodes::ieee ? kTopExponent - 1U
                                            : kSpecialCodes == SpecialCodes::all_ones_nan
                                                ? kSignBit - 2U
                                                : kSignBit - 1U;
};

using E2M1 = SmallFloat<2, 1, 1, SpecialCodes::none>;                ///< largest 6
using E4M3FN = SmallFloat<4, 3, 7, SpecialCodes::all_ones_nan>;      ///< largest 448
using E4M3FNUZ = SmallFloat<4, 3, 8, SpecialCodes::minus_zero_nan>;  ///< largest 240
using E5M2 = SmallFloat<5, 2, 15, SpecialCodes::ieee>;               ///< largest 57344

/// What a number past the largest becomes.
enum class Overflow : std::uint8_t {
  saturate,  ///< the largest finite number
  special,   ///< infinity; NaN where there is none; the largest number where there is neither
};

/// When a finite number counts as past the largest.
enum class Threshold : std::uint8_t {
  after_rounding,   ///< if it rounds to more: 448 is left at 464, exclusive
  before_rounding,  ///< if it is more: 448 is left at once
};

// Policies of encode: any type with these four members. E2M1 has neither infinity nor NaN: all of
// them saturate it, and they differ in the sign of the 6 that a NaN becomes.

/// CUDA's host and device conversions with __NV_SATFINITE.
struct CudaSaturate {
  static constexpr Overflow kFinite = Overflow::saturate;
  static constexpr Overflow kInfinity = Overflow::saturate;
  static constexpr Threshold kThreshold = Threshold::after_rounding;
  static constexpr bool kKeepsSignOfNan = false;
};

/// CUDA's with __NV_NOSAT.
struct CudaNoSaturate {
  static constexpr Overflow kFinite = Overflow::special;
  static constexpr Overflow kInfinity = Overflow::special;
  static constexpr Threshold kThreshold = Threshold::after_rounding;
  static constexpr bool kKeepsSignOfNan = false;
};

/// HIP's host conversions with __HIP_SATFINITE: they clamp finite numbers only. Its device path
/// clamps before an instruction that rounds, with the same result.
struct HipSaturate {
  static constexpr Overflow kFinite = Overflow::saturate;
  static constexpr Overflow kInfinity = Overflow::special;
  static constexpr Threshold kThreshold = Threshold::before_rounding;
  static constexpr bool kKeepsSignOfNan = true;
};

/// HIP's host conversions with __HIP_NOSAT. They compare with the largest number before rounding.
struct HipNoSaturate {
  static constexpr Overflow kFinite = Overflow::special;
  static constexpr Overflow kInfinity = Overflow::special;
  static constexpr Threshold kThreshold = Threshold::before_rounding;
  static constexpr bool kKeepsSignOfNan = true;
};

/// OCP with saturation, as HIP's OCP header reads it: infinity is no overflow and stays special.
struct OcpSaturate {
  static constexpr Overflow kFinite = Overflow::saturate;
  static constexpr Overflow kInfinity = Overflow::special;
  static constexpr Threshold kThreshold = Threshold::after_rounding;
  static constexpr bool kKeepsSignOfNan = true;
};

/// OCP without saturation.
struct OcpNoSaturate {
  static constexpr Overflow kFinite = Overflow::special;
  static constexpr Overflow kInfinity = Overflow::special;
  static constexpr Threshold kThreshold = Threshold::after_rounding;
  static constexpr bool kKeepsSignOfNan = true;
};

/// The bits of binary32, sign included.
MLACHECK_DEVICE inline std::uint32_t bits_of(float value) {
  return __builtin_bit_cast(std::uint32_t, value);
}
MLACHECK_DEVICE inline float float_of(std::uint32_t bits) {
  return __builtin_bit_cast(float, bits);
}

inline constexpr std::uint32_t kFloatInfinityBits = 0x7f800000U;

namespace detail {

/// The code of NaN in `Format`, where `sign` is Format::kSignBit or 0.
template <class Format>
MLACHECK_DEVICE inline std::uint32_t nan_code(std::uint32_t sign) {
  if (Format::kSpecialCodes == SpecialCodes::minus_zero_nan) return Format::kSignBit;
  // All ones is a NaN in the two formats with several, and the largest number of E2M1.
  return sign | (Format::kSignBit - 1U);
}

template <class Format>
MLACHECK_DEVICE inline std::uint32_t overflow_code(Overflow overflow, std::uint32_t sign) {
  if (overflow == Overflow::saturate) return sign | Format::kLargest;
  if (Format::kSpecialCodes == SpecialCodes::ieee) return sign | Format::kTopExponent;
  return nan_code<Format>(sign);
}

/// Rounds a finite magnitude, as bits of binary32, to the nearest code of an unbounded exponent.
template <class Format>
MLACHECK_DEVICE inline std::uint32_t rounded_magnitude(std::uint32_t magnitude) {
  constexpr std::uint32_t kDrop = 23U - static_cast<std::uint32_t>(Format::kMantissaBits);
  // The exponent field that the smallest normal number has in binary32.
  constexpr std::uint32_t kSmallestNormal = 128U - static_cast<std::uint32_t>(Format::kBias);
  const std::uint32_t exponent = magnitude >> 23;
  if (exponent >= kSmallestNormal) {
    // Half a unit, less one unless the kept part is odd, carries exactly when rounding goes up.
    const std::uint32_t carry = (1U << (kDrop - 1U)) - 1U + ((magnitude >> kDrop) & 1U);
    return (magnitude + carry - ((kSmallestNormal - 1U) << 23)) >> kDrop;
  }
  // Subnormal in the format. A shift past the 24 digits leaves less than half a unit.
  const std::uint32_t shift = kDrop + kSmallestNormal - exponent;
  if (shift > 24U) return 0;
  const std::uint32_t significand = (magnitude & 0x7fffffU) | 0x800000U;
  const std::uint32_t carry = (1U << (shift - 1U)) - 1U + ((significand >> shift) & 1U);
  return (significand + carry) >> shift;
}

}  // namespace detail

/// The value of a code; bits above the format's are ignored.
template <class Format>
MLACHECK_DEVICE inline float decode(std::uint8_t code) {
  const std::uint32_t magnitude = code & (Format::kSignBit - 1U);
  const bool negative = (code & Format::kSignBit) != 0;
  const std::uint32_t sign = negative ? 0x80000000U : 0U;
  if (Format::kSpecialCodes == SpecialCodes::minus_zero_nan && negative && magnitude == 0) {
    return __builtin_nanf("");
  }
  if (magnitude > Format::kLargest) {
    const bool infinite =
        Format::kSpecialCodes == SpecialCodes::ieee && magnitude == Format::kTopExponent;
    return infinite ? float_of(sign | kFloatInfinityBits) : __builtin_nanf("");
  }
  const std::uint32_t exponent = magnitude >> Format::kMantissaBits;
  const std::uint32_t mantissa = magnitude & ((1U << Format::kMantissaBits) - 1U);
  if (exponent == 0) {
    // mantissa * 2^(1 - bias - mantissa bits); the factor is a normal float, the product exact.
    constexpr std::uint32_t kUnit =
        static_cast<std::uint32_t>(128 - Format::kBias - Format::kMantissaBits) << 23;
    return float_of(sign | bits_of(static_cast<float>(mantissa) * float_of(kUnit)));
  }
  constexpr std::uint32_t kRebias = static_cast<std::uint32_t>(127 - Format::kBias);
  return float_of(sign | ((exponent + kRebias) << 23) | (mantissa << (23 - Format::kMantissaBits)));
}

/// The nearest code, ties to even. Underflow keeps the sign of zero, except in FNUZ, where the code
/// of -0 is NaN.
template <class Format, class Policy>
MLACHECK_DEVICE inline std::uint8_t encode(float value) {
  const std::uint32_t bits = bits_of(value);
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  const std::uint32_t sign = (bits >> 31) != 0 ? Format::kSignBit : 0U;
  if (magnitude > kFloatInfinityBits) {
    return static_cast<std::uint8_t>(detail::nan_code<Format>(Policy::kKeepsSignOfNan ? sign : 0U));
  }
  if (magnitude == kFloatInfinityBits) {
    return static_cast<std::uint8_t>(detail::overflow_code<Format>(Policy::kInfinity, sign));
  }
  const std::uint32_t code = detail::rounded_magnitude<Format>(magnitude);
  bool overflows = code > Format::kLargest;
  if (Policy::kThreshold == Threshold::before_rounding) {
    overflows = magnitude > bits_of(decode<Format>(static_cast<std::uint8_t>(Format::kLargest)));
  }
  if (overflows) {
    return static_cast<std::uint8_t>(detail::overflow_code<Format>(Policy::kFinite, sign));
  }
  if (Format::kSpecialCodes == SpecialCodes::minus_zero_nan && code == 0) return 0;
  return static_cast<std::uint8_t>(sign | code);
}

/// Two E2M1 codes in a byte: the element of even index in the low nibble.
MLACHECK_DEVICE inline std::uint8_t pack_pair(std::uint8_t even, std::uint8_t odd) {
  return static_cast<std::uint8_t>((even & 0xfU) | ((odd & 0xfU) << 4));
}
MLACHECK_DEVICE inline std::uint8_t even_of_pair(std::uint8_t pair) { return pair & 0xfU; }
MLACHECK_DEVICE inline std::uint8_t odd_of_pair(std::uint8_t pair) {
  return static_cast<std::uint8_t>(pair >> 4);
}

/// 2^(byte - 127), exactly; 255 is NaN. Byte 0 is 2^-127, a subnormal float, which the shift that
/// does for all other bytes would turn into 0.
MLACHECK_DEVICE inline float decode_e8m0(std::uint8_t byte) {
  if (byte == 0) return float_of(0x00400000U);
  if (byte == 255) return __builtin_nanf("");
  return float_of(std::uint32_t{byte} << 23);
}

/// Directions of rounding to a power of two.
enum class PowerRounding : std::uint8_t { toward_zero, up };

/// The power of two at or next to |value|, the sign being ignored. |value| <= 2^-127 gives 0, since
/// E8M0 has no zero. Past 2^127, infinity included: 254 if `saturate`, otherwise 255. NaN: 255.
MLACHECK_DEVICE inline std::uint8_t encode_e8m0(float value, PowerRounding rounding,
                                                bool saturate) {
  const std::uint32_t magnitude = bits_of(value) & 0x7fffffffU;
  if (magnitude > kFloatInfinityBits) return 255;
  if (magnitude <= 0x00400000U) return 0;
  std::uint32_t exponent = magnitude >> 23;
  if (rounding == PowerRounding::up && (magnitude & 0x7fffffU) != 0) ++exponent;
  if (exponent > 254U) return saturate ? 254 : 255;
  return static_cast<std::uint8_t>(exponent);
}

/// How a block's shared power of two 2^e follows from the largest magnitude M * 2^E, 1 <= M < 2,
/// for E2M1 elements. In brackets: where amax / 2^e lies; what is past 6 saturates.
enum class ScaleRule : std::uint8_t {
  floor,     ///< e = E - 2 [4, 8): the recommendation of OCP Microscaling 1.0
  round_up,  ///< E - 2 if M <= 1.5, otherwise E - 1 (3, 6]: 2^ceil(log2(amax / 6))
  even,  ///< E - 2 if M < 1.75, otherwise E - 1 [3.5, 7): amax rounded to E2M1's precision first
  ceil,  ///< E - 2 if M == 1, otherwise E - 1 (2, 4]: 2^(ceil(log2(amax)) - 2)
};

/// The byte of 2^e, with e at least -127. For a finite amax >= 0 the byte is at most 253. Subnormal
/// amax gives 0.
template <ScaleRule kRule>
MLACHECK_DEVICE inline std::uint8_t scale_byte(float amax) {
  // What must be added to the mantissa so that it carries into the exponent where E - 1 begins.
  constexpr std::uint32_t kCarry = kRule == ScaleRule::round_up ? 0x3fffffU
                                   : kRule == ScaleRule::even   ? 0x200000U
                                   : kRule == ScaleRule::ceil   ? 0x7fffffU
                                                                : 0U;
  const std::uint32_t exponent = (bits_of(amax) + kCarry) >> 23;
  return static_cast<std::uint8_t>(exponent > 2U ? exponent - 2U : 0U);
}

}  // namespace mlacheck::MLACHECK_TARGET
