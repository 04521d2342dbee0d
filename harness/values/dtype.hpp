// Element types, and their conversion to and from double.
//
// This codec is the harness's own: it is written from the format definitions (sign, exponent,
// mantissa widths, IEEE 754-2019 section 3.4; bfloat16 is binary32 with its low 16 bits dropped),
// shares nothing with harness/device/numeric.h, and is tested against it over every code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mlacheck {

/// u8 holds codes of formats that have no type of their own: packed E2M1, E4M3, E8M0. Which one is
/// the op's contract; here it is an integer from 0 to 255.
enum class DType : std::uint8_t { f32, f16, bf16, i32, u8 };

/// Bytes of one element.
std::size_t size_of(DType dtype);

/// "f32", "f16", "bf16", "i32", "u8".
std::string_view name_of(DType dtype);

/// The inverse of name_of; nothing for an unknown name.
std::optional<DType> dtype_from_name(std::string_view name);

bool is_floating(DType dtype);

/// Significand digits including the hidden one: f32 24, f16 11, bf16 8. Floating types only.
int digits_of(DType dtype);

/// Unit roundoff 2^-digits for rounding to nearest: f32 2^-24, f16 2^-11, bf16 2^-8.
double unit_roundoff(DType dtype);

/// f32 2^-126, f16 2^-14, bf16 2^-126. Floating types only.
double smallest_normal(DType dtype);

/// Half the smallest subnormal: the largest rounding error of a result that underflows.
double underflow_error(DType dtype);

/// Largest finite value.
double largest_finite(DType dtype);

/// The value of the element whose bits are the low bytes of `bits`.
double decode(DType dtype, std::uint32_t bits);

/// Rounds to nearest, ties to even, overflow to infinity; NaN becomes a quiet NaN. For i32 and u8
/// the value must be an integer in range.
std::uint32_t encode(DType dtype, double value);

/// Reads the element at `address` (any alignment).
std::uint32_t load_bits(DType dtype, const std::byte* address);
void store_bits(DType dtype, std::byte* address, std::uint32_t bits);

/// Signed distance of two codes in units in the last place, with -0 and +0 at distance 0.
/// Both must be finite.
std::int64_t ulp_distance(DType dtype, std::uint32_t a, std::uint32_t b);

}  // namespace mlacheck
