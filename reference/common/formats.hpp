// Number formats below 16 bits in double: values by table, codes by search.
//
// A format is described by its widths, its bias and a list of the codes that are no finite numbers
// (OCP 8-bit Floating Point Specification 1.0; OCP Microscaling Formats 1.0; FNUZ: bias higher by
// one, no negative zero, 0x80 the only NaN). A code is found by looking for the nearest value among
// all codes, so that the arithmetic has nothing in common with a kernel's shifts and carries.
#pragma once

#include <cstdint>
#include <string_view>

namespace mlacheck::reference {

enum class SmallFormat : std::uint8_t { e2m1, e4m3fn, e4m3fnuz, e5m2 };

/// The formats that FP8 operands come in, in the order of the scalar `format`.
enum class Fp8Format : std::uint8_t { e4m3fn, e4m3fnuz };

constexpr SmallFormat small_format(Fp8Format format) {
  return format == Fp8Format::e4m3fn ? SmallFormat::e4m3fn : SmallFormat::e4m3fnuz;
}

/// "e2m1", "e4m3fn", "e4m3fnuz", "e5m2".
std::string_view name_of(SmallFormat format);

/// Number of codes: 16 or 256.
int code_count(SmallFormat format);

/// The value of a code, which must be below code_count. Exact; NaN and infinity as such.
double decode(SmallFormat format, std::uint8_t code);

/// 1, 2^-6, 2^-7, 2^-14.
double smallest_normal(SmallFormat format);

/// 6, 448, 240, 57344.
double largest_finite(SmallFormat format);

/// Whose conversion is meant where numbers are past the largest, infinite or NaN.
enum class Convention : std::uint8_t {
  cuda,  ///< a NaN loses its sign; saturation includes infinity
  hip,  ///< the host path: compares with the largest before rounding; saturates finite numbers only
  ocp,  ///< compares after rounding; saturates finite numbers only
};

/// The nearest code, ties to the even one. Past the largest number: that number if `saturate`,
/// otherwise infinity, or NaN in a format without infinity. E2M1 has neither and always saturates;
/// a NaN becomes 6. FNUZ has no negative zero.
std::uint8_t encode(SmallFormat format, double value, Convention convention, bool saturate);

/// 2^(byte - 127) for 0 to 254; NaN for 255.
double decode_e8m0(std::uint8_t byte);

/// The largest power of two that is at most |value|, or with `up` the smallest that is at least
/// |value|; 0 below 2^-127. Past 2^127: 254 if `saturate`, otherwise 255. NaN: 255.
std::uint8_t encode_e8m0(double value, bool up, bool saturate);

}  // namespace mlacheck::reference
