// Numbers for tests of bounds, and their rounding.
#pragma once

#include <cmath>
#include <cstdint>

namespace mlacheck::testing_support {

/// Deterministic numbers in [-1, 1) that are no special values.
inline double number(std::uint64_t i) {
  return std::fmod(static_cast<double>((i + 1) * 2654435761U % 4294967296U), 65536.0) / 32768.0 - 1;
}

inline double rounded(double value, int digits) {
  if (value == 0) return 0;
  const double unit = std::ldexp(1.0, std::ilogb(value) + 1 - digits);
  return std::nearbyint(value / unit) * unit;
}

}  // namespace mlacheck::testing_support
