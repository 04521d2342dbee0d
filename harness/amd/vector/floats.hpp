// What AMD's float instructions do with denormals, NaN and signed zeros. IEEE mode is on, as in every
// compute kernel that LLVM makes: a signaling NaN becomes quiet.
#pragma once

#include <bit>

#include "harness/amd/wave/words.hpp"

namespace mlacheck::amd {

inline bool is_denormal(float value) {
  const u32 magnitude = std::bit_cast<u32>(value) & 0x7fff'ffffU;
  return magnitude != 0 && magnitude < 0x0080'0000U;
}

/// A denormal becomes zero of its sign.
inline float flushed(float value) {
  const u32 bits = std::bit_cast<u32>(value);
  return std::bit_cast<float>((bits & 0x7f80'0000U) == 0 ? bits & 0x8000'0000U : bits);
}

inline float quiet(float value) {
  return std::bit_cast<float>(std::bit_cast<u32>(value) | 0x0040'0000U);
}
inline double quiet(double value) {
  return std::bit_cast<double>(std::bit_cast<u64>(value) | u64{1} << 51);
}
inline bool is_signaling(float value) {
  return value != value && (std::bit_cast<u32>(value) & 0x0040'0000U) == 0;
}
inline bool is_signaling(double value) {
  return value != value && (std::bit_cast<u64>(value) >> 51 & 1U) == 0;
}

/// The sign bit of a negative zero counts: -0 is less than +0. Of a number and a quiet NaN the number
/// is the result; a signaling NaN is the result, made quiet.
template <class T>
inline T extreme(T a, T b, bool a_first) {
  if (is_signaling(a)) return quiet(a);
  if (is_signaling(b)) return quiet(b);
  if (a != a) return b;
  if (b != b) return a;
  return a_first ? a : b;
}
inline bool sign_of(float value) { return std::bit_cast<u32>(value) >> 31 != 0; }
inline bool sign_of(double value) { return std::bit_cast<u64>(value) >> 63 != 0; }
template <class T>
inline T minimum(T a, T b) {
  return extreme(a, b, a < b || (a == b && sign_of(a)));
}
template <class T>
inline T maximum(T a, T b) {
  return extreme(a, b, a > b || (a == b && sign_of(b)));
}
/// With a NaN among them, the least of the three as v_min3 gives it.
inline float median(float a, float b, float c) {
  if (a != a || b != b || c != c) return minimum(minimum(a, b), c);
  return maximum(minimum(a, b), minimum(maximum(a, b), c));
}

}  // namespace mlacheck::amd
