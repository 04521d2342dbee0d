// Quantizers of blocks and groups, for kernels: MXFP4, NVFP4, and FP8 with a float scale.
//
// Each consists of the steps that a kernel spreads over its threads: the largest magnitude (a
// reduction with combine_amax), the scale, and the code of one element. quantize_* does a whole
// block in one thread. Inputs are float, to which bf16 and fp16 convert exactly.
#pragma once

#include <cstdint>

#include "harness/device/dialect.h"
#include "harness/device/numeric.h"
#include "kernels/common/formats.h"

namespace mlacheck::MLACHECK_TARGET {

inline constexpr int kMxBlock = 32;
inline constexpr int kNvfp4Block = 16;

/// To float with a NaN's sign and payload: conversion instructions may drop them, and the codes and
/// scales that some policies give to a NaN depend on them.
MLACHECK_DEVICE inline float widen(float value) { return value; }
MLACHECK_DEVICE inline float widen(BFloat16 value) {
  return float_of(std::uint32_t{value.bits} << 16);
}
MLACHECK_DEVICE inline float widen(Half value) {
  const std::uint32_t bits = value.bits;
  if ((bits & 0x7fffU) <= 0x7c00U) return to_float(value);
  return float_of((bits & 0x8000U) << 16 | kFloatInfinityBits | (bits & 0x3ffU) << 13);
}

/// What a reduction makes of a NaN element.
enum class NanElements : std::uint8_t { ignored, propagated };

/// |x|, where ignored NaN counts as 0.
template <NanElements kNans>
MLACHECK_DEVICE inline float magnitude_of(float x) {
  const std::uint32_t magnitude = bits_of(x) & 0x7fffffffU;
  if (kNans == NanElements::ignored && magnitude > kFloatInfinityBits) return 0.0f;
  return float_of(magnitude);
}

/// The larger of two magnitudes; of two NaNs the first. Compared as integers, which have the same
/// order: of a comparison of floats a compiler may make a maximum instruction, which gives every
/// NaN the same payload.
MLACHECK_DEVICE inline float combine_amax(float a, float b) {
  if (bits_of(a) > kFloatInfinityBits) return a;
  if (bits_of(b) > kFloatInfinityBits) return b;
  return bits_of(a) < bits_of(b) ? b : a;
}

template <NanElements kNans>
MLACHECK_DEVICE inline float amax_of(const float* x, int count) {
  float amax = 0.0f;
  for (int i = 0; i < count; ++i) amax = combine_amax(amax, magnitude_of<kNans>(x[i]));
  return amax;
}

// MXFP4: 32 elements of E2M1 and one E8M0 byte.

/// What the byte of a block becomes that holds NaN or infinity, or (for ScaleRule::even) whose amax
/// is at least 1.75 * 2^127, which rounds to 2^128. Published quantizers disagree; for all other
/// blocks they do not.
enum class SpecialBlock : std::uint8_t {
  /// NaN elements do not count; otherwise 254. A NaN's code is 2, 3 or 4, by its payload.
  launder,
  /// 254, but a NaN amax whose payload is at least 0x600000 carries into the sign: 0.
  wrap,
  /// NaN elements do not count; otherwise the rule's arithmetic on exponent fields: 253.
  arithmetic,
  /// 255, the NaN of E8M0; all codes 0.
  nan_scale,
};

/// Whether the arithmetic of a quantizer keeps subnormal numbers. Flushing shows in subnormal
/// elements, and in blocks of byte 254, whose factor 2^-127 is subnormal.
enum class Subnormals : std::uint8_t { kept, flushed };

/// The reduction that goes with a policy.
template <SpecialBlock kSpecial>
inline constexpr NanElements kNanElements =
    kSpecial == SpecialBlock::launder || kSpecial == SpecialBlock::arithmetic
        ? NanElements::ignored
        : NanElements::propagated;

/// The scale byte for amax >= 0 or NaN, reduced with kNanElements<kSpecial>.
template <ScaleRule kRule, SpecialBlock kSpecial>
MLACHECK_DEVICE inline std::uint8_t mxfp4_scale(float amax) {
  const std::uint32_t bits = bits_of(amax) & 0x7fffffffU;
  const std::uint32_t first_special =
      kRule == ScaleRule::even ? kFloatInfinityBits - 0x200000U : kFloatInfinityBits;
  if (bits < first_special || kSpecial == SpecialBlock::arithmetic) return scale_byte<kRule>(amax);
  if (kSpecial == SpecialBlock::nan_scale) return 255;
  return bits >= 0x7fe00000U ? 0 : 254;
}

/// The code of x in a block of that scale byte.
template <Subnormals kSubnormals = Subnormals::kept>
MLACHECK_DEVICE inline std::uint8_t mxfp4_code(float x, std::uint8_t scale) {
  if (scale == 255) return 0;
  const std::uint32_t bits = bits_of(x);
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  const auto sign = static_cast<std::uint8_t>((bits >> 31) << 3);
  if (magnitude > kFloatInfinityBits) {
    // The rounding of the two kept mantissa bits, applied to the NaN's own exponent and payload.
    const std::uint32_t rounded = magnitude + 0x1fffffU + ((magnitude >> 22) & 1U);
    return static_cast<std::uint8_t>(sign | (((rounded - (126U << 23)) >> 22) & 7U));
  }
  if (kSubnormals == Subnormals::flushed) {
    if (magnitude < 0x00800000U) return sign;
    if (scale == 254) {
      // Times 0. Infinity gives the canonical NaN, which has code 3.
      return magnitude == kFloatInfinityBits ? std::uint8_t{3} : sign;
    }
  }
  // Exact, unless the product is subnormal and its code 0 anyhow.
  const float scaled = x * decode_e8m0(static_cast<std::uint8_t>(254 - scale));
  return encode<E2M1, CudaSaturate>(scaled);
}

/// The float that a code stands for; infinite where 6 * 2^127 and the like are out of range.
MLACHECK_DEVICE inline float mxfp4_value(std::uint8_t code, std::uint8_t scale) {
  return decode<E2M1>(code) * decode_e8m0(scale);
}

/// 32 floats to a byte and 16 bytes of pairs.
template <ScaleRule kRule, SpecialBlock kSpecial, Subnormals kSubnormals = Subnormals::kept>
MLACHECK_DEVICE inline void quantize_mxfp4(const float* x, std::uint8_t* scale,
                                           std::uint8_t* pairs) {
  *scale = mxfp4_scale<kRule, kSpecial>(amax_of<kNanElements<kSpecial>>(x, kMxBlock));
  for (int i = 0; i < kMxBlock / 2; ++i) {
    pairs[i] = pack_pair(mxfp4_code<kSubnormals>(x[2 * i], *scale),
                         mxfp4_code<kSubnormals>(x[2 * i + 1], *scale));
  }
}

// FP8: a group of elements and one float, by which codes are multiplied to dequantize.

/// How the scale follows from the largest magnitude m. They differ by one unit in the last place.
enum class ScaleForm : std::uint8_t {
  divide,      ///< m / maximum
  reciprocal,  ///< m * (1 / maximum)
};

/// What clamping to [-maximum, maximum] makes of a NaN.
enum class NanClamp : std::uint8_t { lowest, nan };

/// The scale of a group: max(amax, eps) over `maximum`, the number that amax is to become: 448 for
/// E4M3FN; 240, or 224 for head room, for E4M3FNUZ. amax is reduced with NanElements::ignored.
/// eps = 0 is the quantizer without a lower limit, whose zero group has scale 0.
template <ScaleForm kForm>
MLACHECK_DEVICE inline float fp8_scale(float amax, float maximum, float eps) {
  const float m = amax > eps ? amax : eps;
  return kForm == ScaleForm::divide ? m / maximum : m * (1.0f / maximum);
}

/// The code of x, where inverse = 1.0f / scale. Two roundings before the format's own.
template <class Format, NanClamp kNans>
MLACHECK_DEVICE inline std::uint8_t fp8_code(float x, float inverse, float maximum) {
  float scaled = x * inverse;
  if (scaled != scaled) {
    if (kNans == NanClamp::lowest) scaled = -maximum;
  } else if (scaled > maximum) {
    scaled = maximum;
  } else if (scaled < -maximum) {
    scaled = -maximum;
  }
  return encode<Format, CudaSaturate>(scaled);
}

template <class Format, ScaleForm kForm, NanClamp kNans>
MLACHECK_DEVICE inline void quantize_fp8_group(const float* x, int count, float maximum, float eps,
                                               float* scale, std::uint8_t* codes) {
  *scale = fp8_scale<kForm>(amax_of<NanElements::ignored>(x, count), maximum, eps);
  const float inverse = 1.0f / *scale;
  for (int i = 0; i < count; ++i) codes[i] = fp8_code<Format, kNans>(x[i], inverse, maximum);
}

// NVFP4: 16 elements of E2M1, one E4M3FN scale, and one float for the tensor. x is about
// code * scale / global, with global = 448 * 6 / amax of the tensor. The steps are those of
// FlashInfer with FP4 fast math disabled: IEEE divisions and no flushing.

/// The scale's code. amax is reduced with NanElements::ignored.
MLACHECK_DEVICE inline std::uint8_t nvfp4_scale(float amax, float global) {
  if (amax == 0.0f) return 0;
  return encode<E4M3FN, CudaSaturate>(amax * (global * (1.0f / 6.0f)));
}

/// What elements are multiplied by, from the rounded scale; infinite where that underflowed to 0.
MLACHECK_DEVICE inline float nvfp4_multiplier(float amax, std::uint8_t scale, float global) {
  if (amax == 0.0f) return 0.0f;
  return 1.0f / (decode<E4M3FN>(scale) * (1.0f / global));
}

MLACHECK_DEVICE inline std::uint8_t nvfp4_code(float x, float multiplier) {
  return encode<E2M1, CudaSaturate>(x * multiplier);
}

/// 16 floats to the code of the scale and 8 bytes of pairs.
MLACHECK_DEVICE inline void quantize_nvfp4(const float* x, float global, std::uint8_t* scale,
                                           std::uint8_t* pairs) {
  const float amax = amax_of<NanElements::ignored>(x, kNvfp4Block);
  *scale = nvfp4_scale(amax, global);
  const float multiplier = nvfp4_multiplier(amax, *scale, global);
  for (int i = 0; i < kNvfp4Block / 2; ++i) {
    pairs[i] = pack_pair(nvfp4_code(x[2 * i], multiplier), nvfp4_code(x[2 * i + 1], multiplier));
  }
}

}  // namespace mlacheck::MLACHECK_TARGET
