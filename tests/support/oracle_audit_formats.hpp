// Number formats and quantizers once more, for the audits: from the definitions, by counting
// thresholds and by arithmetic on exponents, where reference/ searches tables.
#pragma once

#include <cmath>
#include <cstdint>

#include "tests/support/oracle_audit.hpp"

namespace mlacheck::oracle_audit {

inline Quad magnitude(const Quad& x) { return x < 0 ? Quad(-x) : x; }

// floor(log2 x) of a positive finite number.
inline int exponent_of(const Quad& x) {
  int exponent = 0;
  frexp(x, &exponent);
  return exponent - 1;
}

// The nearest multiple of 2^unit, ties to the even one.
inline Quad nearest_multiple(const Quad& x, int unit) {
  const Quad scaled = ldexp(magnitude(x), -unit);
  Quad whole = floor(scaled);
  const Quad rest = scaled - whole;
  const bool odd = whole - 2 * floor(Quad(whole / 2)) == 1;
  if (rest > Quad(0.5) || (rest == Quad(0.5) && odd)) whole += 1;
  const Quad result = ldexp(whole, unit);
  return x < 0 ? Quad(-result) : result;
}

// One rounding to a format with `digits` significant bits and least normal exponent `least`.
inline Quad rounded_to(const Quad& x, int digits, int least) {
  if (x == 0) return x;
  return nearest_multiple(x, std::max(exponent_of(x), least) - (digits - 1));
}

// To fp32, as a double; past its largest number infinite.
inline double fl(const Quad& x) {
  const auto result = static_cast<double>(rounded_to(x, 24, -126));
  if (std::fabs(result) < 0x1p128) return result;
  return result > 0 ? kInf : -kInf;
}

inline double to_bf16(const Quad& x) {
  const auto result = static_cast<double>(rounded_to(x, 8, -126));
  if (std::fabs(result) < 0x1p128) return result;
  return result > 0 ? kInf : -kInf;
}

struct E4m3 {
  bool fnuz;

  int least() const { return fnuz ? -7 : -6; }
  int nan() const { return fnuz ? 0x80 : 0x7f; }

  // Of a number that is at most the format's largest.
  int code_of(double value) const {
    const int sign = std::signbit(value) ? 0x80 : 0;
    const Quad number = rounded_to(magnitude(Quad(value)), 4, least());
    if (number == 0) return fnuz ? 0 : sign;
    const int exponent = std::max(exponent_of(number), least());
    const int steps = static_cast<int>(ldexp(number, 3 - exponent));  // 8 to 15; below: subnormal
    return sign + (steps < 8 ? steps : 8 * (exponent - least() + 1) + steps - 8);
  }

  double value_of(int code) const {
    if (code == nan() || (!fnuz && code == 0xff)) return std::nan("");
    const int exponent = code % 0x80 / 8;
    const int steps = code % 8 + (exponent > 0 ? 8 : 0);
    const double value = std::ldexp(steps, std::max(exponent, 1) + least() - 1 - 3);
    return code >= 0x80 ? -value : value;
  }
};

// E2M1 of a magnitude, saturating: how many of the midpoints between neighbours it is past. A tie
// goes to the even code.
inline int e2m1_code(const Quad& size) {
  constexpr double kMidpoints[] = {0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5};
  int code = 0;
  for (const double midpoint : kMidpoints) {
    const bool upper_is_even = (code + 1) % 2 == 0;
    if (size < midpoint || (size == midpoint && !upper_is_even)) break;
    ++code;
  }
  return code;
}

inline double e2m1_value(int code) {
  const int exponent = code % 8 / 2;
  const double value = exponent == 0 ? 0.5 * (code % 2) : std::ldexp(2 + code % 2, exponent - 2);
  return code >= 8 ? -value : value;
}

// "flatten_quant" of docs/contracts.md: the block's largest magnitude is M 2^E; e = E - 2 if
// M < 1.75, else E - 1, at least -127; the byte is e + 127.
inline int mx_byte(double largest) {
  if (largest == 0) return 0;
  const int exponent = exponent_of(Quad(largest));
  const bool low = ldexp(Quad(largest), -exponent) < Quad(1.75);
  return std::max(exponent - (low ? 2 : 1), -127) + 127;
}

inline int mx_code(double x, int byte) {
  const int sign = std::signbit(x) ? 8 : 0;
  if (std::isinf(x)) return sign + 7;
  return sign + e2m1_code(ldexp(magnitude(Quad(x)), 127 - byte));
}

// The scale and the inverse of a group whose largest magnitude is `largest`.
struct Fp8Scale {
  double scale;
  double inverse;

  // fl(m / maximum), or, by the other op's contract, fl(m fl(1 / maximum)).
  Fp8Scale(double largest, double maximum, bool by_reciprocal) {
    const double m = std::max(largest, static_cast<double>(1e-10F));
    if (std::isinf(m)) {
      scale = kInf;
      inverse = 0;
      return;
    }
    scale = by_reciprocal ? fl(Quad(m) * Quad(fl(Quad(1) / Quad(maximum))))
                          : fl(Quad(m) / Quad(maximum));
    inverse = fl(Quad(1) / Quad(scale));
  }
};

// Clamped; NaN where the contract says so.
inline double fp8_scaled(double x, double inverse, double maximum, bool keeps_nan) {
  const bool no_number = std::isnan(x) || (std::isinf(x) && inverse == 0);
  if (no_number) return keeps_nan ? std::nan("") : -maximum;
  if (std::isinf(x)) return x > 0 ? maximum : -maximum;
  // The sign of a product that underflows is that of x.
  const double scaled = std::copysign(fl(magnitude(Quad(x)) * Quad(inverse)), x);
  return std::clamp(scaled, -maximum, maximum);
}

}  // namespace mlacheck::oracle_audit
