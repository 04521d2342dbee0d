// Half precision and float, lane by lane, in code that compilers vectorise.
#pragma once

#include <immintrin.h>

#include <bit>

#include "harness/amd/wave/words.hpp"

namespace mlacheck::amd {

/// Exact; a signaling NaN becomes quiet.
inline float to_float(Half half) {
  const u32 magnitude = half.bits & 0x7fffU;
  const u32 sign = (half.bits & 0x8000U) << 16;
  const u32 denormal = std::bit_cast<u32>(static_cast<float>(as_signed(magnitude)) * 0x1p-24F);
  const u32 normal = (magnitude << 13) + (112U << 23);
  const u32 special = magnitude << 13 | 0x7f800000U | (magnitude > 0x7c00U ? 0x400000U : 0U);
  const u32 finite = magnitude < 0x400U ? denormal : normal;
  return std::bit_cast<float>((magnitude >= 0x7c00U ? special : finite) | sign);
}

/// Rounded as the processor's mode says; denormals are kept.
inline Half to_half(float value) {
  return {static_cast<u16>(_cvtss_sh(value, _MM_FROUND_CUR_DIRECTION))};
}

}  // namespace mlacheck::amd
