// Arithmetic on half precision, rounded once.
#pragma once

#include "harness/amd/vector/half.hpp"

namespace mlacheck::amd {

/// a * b + c.
inline Half half_fma(Half a, Half b, Half c) {
  // The product is exact in float. The sum in double may not be; what is lost is kept as an odd last
  // bit, which survives the next roundings as what it is: inexact.
  const double product = static_cast<double>(to_float(a) * to_float(b));
  const double addend = to_float(c);
  double sum = product + addend;
  const double part = sum - product;
  const double lost = (product - (sum - part)) + (addend - part);
  u64 bits = std::bit_cast<u64>(sum);
  if (lost != 0 && lost == lost && (bits & 1U) == 0) {
    bits += (lost > 0) == (sum > 0) ? 1U : ~u64{0};
    sum = std::bit_cast<double>(bits);
  }
  float rounded = static_cast<float>(sum);
  u32 word = std::bit_cast<u32>(rounded);
  if (static_cast<double>(rounded) != sum && sum == sum && (word & 1U) == 0) {
    word += (sum > static_cast<double>(rounded)) == (rounded > 0) ? 1U : ~0U;
    rounded = std::bit_cast<float>(word);
  }
  return to_half(rounded);
}

}  // namespace mlacheck::amd
