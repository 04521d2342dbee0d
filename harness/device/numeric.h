// Storage types of kernels and their conversion to and from float, which is what kernels compute
// in.
//
// from_float rounds to nearest, ties to even, overflows to infinity and turns a NaN into a quiet
// NaN of the same sign (CUDA's own conversion gives the positive canonical NaN). Formats: binary16
// of IEEE 754-2019 section 3.4; bfloat16 is the upper half of binary32.
#pragma once

#include <cstdint>

#include "harness/device/dialect.h"

#if defined(MLACHECK_BACKEND_CUDA)
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#endif

namespace mlacheck::MLACHECK_TARGET {

struct BFloat16 {
  std::uint16_t bits;
};

struct Half {
  std::uint16_t bits;
};

inline constexpr float kInfinity = __builtin_huge_valf();

template <class T>
MLACHECK_DEVICE inline T from_float(float value);

MLACHECK_DEVICE inline float to_float(float value) { return value; }

template <>
MLACHECK_DEVICE inline float from_float<float>(float value) {
  return value;
}

#if defined(MLACHECK_BACKEND_CUDA)

MLACHECK_DEVICE inline float to_float(BFloat16 value) {
  return __bfloat162float(__ushort_as_bfloat16(value.bits));
}
MLACHECK_DEVICE inline float to_float(Half value) {
  return __half2float(__ushort_as_half(value.bits));
}
template <>
MLACHECK_DEVICE inline BFloat16 from_float<BFloat16>(float value) {
  return {__bfloat16_as_ushort(__float2bfloat16_rn(value))};
}
template <>
MLACHECK_DEVICE inline Half from_float<Half>(float value) {
  return {__half_as_ushort(__float2half_rn(value))};
}

#else

namespace detail {

MLACHECK_DEVICE inline std::uint32_t float_bits(float value) {
  return __builtin_bit_cast(std::uint32_t, value);
}
MLACHECK_DEVICE inline float bits_float(std::uint32_t bits) {
  return __builtin_bit_cast(float, bits);
}

}  // namespace detail

MLACHECK_DEVICE inline float to_float(BFloat16 value) {
  return detail::bits_float(std::uint32_t{value.bits} << 16);
}

template <>
MLACHECK_DEVICE inline BFloat16 from_float<BFloat16>(float value) {
  const std::uint32_t bits = detail::float_bits(value);
  if ((bits & 0x7fffffffU) > 0x7f800000U) {
    // The payload may be in the lower half only, where truncation would turn NaN into infinity.
    return {static_cast<std::uint16_t>((bits >> 16) | 0x40U)};
  }
  // Adding just under half a unit, plus the last kept bit, carries exactly when rounding goes up.
  const std::uint32_t carry = 0x7fffU + ((bits >> 16) & 1U);
  return {static_cast<std::uint16_t>((bits + carry) >> 16)};
}

#if defined(MLACHECK_BACKEND_HIP)

// clang's _Float16 conversions are the hardware's (v_cvt_f16_f32, round to nearest even).
MLACHECK_DEVICE inline float to_float(Half value) {
  return static_cast<float>(__builtin_bit_cast(_Float16, value.bits));
}
template <>
MLACHECK_DEVICE inline Half from_float<Half>(float value) {
  return {__builtin_bit_cast(std::uint16_t, static_cast<_Float16>(value))};
}

#else

MLACHECK_DEVICE inline float to_float(Half value) {
  const std::uint32_t sign = (std::uint32_t{value.bits} & 0x8000U) << 16;
  const std::uint32_t exponent = (value.bits >> 10) & 0x1fU;
  std::uint32_t mantissa = value.bits & 0x3ffU;
  if (exponent == 0x1fU) return detail::bits_float(sign | 0x7f800000U | (mantissa << 13));
  if (exponent != 0) {
    // Rebias from 15 to 127.
    return detail::bits_float(sign | ((exponent + 112U) << 23) | (mantissa << 13));
  }
  if (mantissa == 0) return detail::bits_float(sign);
  // A subnormal is mantissa * 2^-24; normalise it, since every half is a normal float.
  std::uint32_t shift = 0;
  while ((mantissa & 0x400U) == 0) {
    mantissa <<= 1;
    ++shift;
  }
  return detail::bits_float(sign | ((113U - shift) << 23) | ((mantissa & 0x3ffU) << 13));
}

template <>
MLACHECK_DEVICE inline Half from_float<Half>(float value) {
  const std::uint32_t bits = detail::float_bits(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000U;
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  if (magnitude > 0x7f800000U) {
    return {static_cast<std::uint16_t>(sign | 0x7e00U | ((magnitude >> 13) & 0x3ffU))};
  }
  // 65520 is halfway between the largest finite half and the next power of two.
  if (magnitude >= 0x477ff000U) return {static_cast<std::uint16_t>(sign | 0x7c00U)};
  if (magnitude >= 0x38800000U) {  // at least 2^-14: normal in half
    const std::uint32_t carry = 0xfffU + ((magnitude >> 13) & 1U);
    // Rebias from 127 to 15; a carry out of the mantissa raises the exponent, as it should.
    return {static_cast<std::uint16_t>(sign | ((magnitude + carry - (112U << 23)) >> 13))};
  }
  if (magnitude <= 0x33000000U) return {static_cast<std::uint16_t>(sign)};  // up to 2^-25, a tie
  // Subnormal in half: the result counts units of 2^-24. The shift is 14 to 24.
  const std::uint32_t exponent = magnitude >> 23;
  const std::uint32_t significand = (magnitude & 0x7fffffU) | 0x800000U;
  const std::uint32_t shift = 126U - exponent;
  const std::uint32_t half_unit = 1U << (shift - 1U);
  const std::uint32_t odd = (significand >> shift) & 1U;
  return {static_cast<std::uint16_t>(sign | ((significand + half_unit - 1U + odd) >> shift))};
}

#endif
#endif

MLACHECK_DEVICE inline float quiet_nan() { return __builtin_nanf(""); }

MLACHECK_DEVICE inline bool is_nan(float x) { return x != x; }

/// NaN with one bit pattern: hardware may pass on the payload and the sign of either operand, and
/// which one is a matter of the instructions that a compiler chose.
MLACHECK_DEVICE inline float canonical(float x) { return is_nan(x) ? quiet_nan() : x; }

}  // namespace mlacheck::MLACHECK_TARGET
