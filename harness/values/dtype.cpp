#include "harness/values/dtype.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace mlacheck {
namespace {

struct Format {
  std::string_view name;
  std::size_t bytes;
  int exponent_bits;
  int mantissa_bits;  // stored, without the hidden one
};

constexpr std::array<Format, 5> kFormats{
    {{"f32", 4, 8, 23}, {"f16", 2, 5, 10}, {"bf16", 2, 8, 7}, {"i32", 4, 0, 0}, {"u8", 1, 0, 0}}};

const Format& format_of(DType dtype) { return kFormats[static_cast<std::size_t>(dtype)]; }

int bias_of(const Format& format) { return (1 << (format.exponent_bits - 1)) - 1; }

}  // namespace

std::size_t size_of(DType dtype) { return format_of(dtype).bytes; }

std::string_view name_of(DType dtype) { return format_of(dtype).name; }

std::optional<DType> dtype_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kFormats.size(); ++i) {
    if (kFormats[i].name == name) return static_cast<DType>(i);
  }
  return std::nullopt;
}

bool is_floating(DType dtype) { return dtype != DType::i32 && dtype != DType::u8; }

int digits_of(DType dtype) { return format_of(dtype).mantissa_bits + 1; }

double unit_roundoff(DType dtype) { return std::ldexp(1.0, -digits_of(dtype)); }

double smallest_normal(DType dtype) { return std::ldexp(1.0, 1 - bias_of(format_of(dtype))); }

double underflow_error(DType dtype) {
  const Format& format = format_of(dtype);
  return std::ldexp(1.0, 1 - bias_of(format) - format.mantissa_bits - 1);
}

double largest_finite(DType dtype) {
  const Format& format = format_of(dtype);
  return std::ldexp(2.0 - std::ldexp(1.0, -format.mantissa_bits), bias_of(format));
}

double decode(DType dtype, std::uint32_t bits) {
  if (dtype == DType::i32) return static_cast<double>(static_cast<std::int32_t>(bits));
  if (dtype == DType::u8) return static_cast<double>(bits & 0xFFU);
  if (dtype == DType::f32) return static_cast<double>(std::bit_cast<float>(bits));
  if (dtype == DType::bf16) return static_cast<double>(std::bit_cast<float>(bits << 16));
  const Format& format = format_of(dtype);
  const std::uint32_t mantissa = bits & ((1U << format.mantissa_bits) - 1U);
  const std::uint32_t top = (1U << format.exponent_bits) - 1U;
  const std::uint32_t exponent = (bits >> format.mantissa_bits) & top;
  const bool negative = ((bits >> (format.mantissa_bits + format.exponent_bits)) & 1U) != 0;
  double magnitude = 0;
  if (exponent == top) {
    magnitude = mantissa == 0 ? std::numeric_limits<double>::infinity()
                              : std::numeric_limits<double>::quiet_NaN();
  } else if (exponent == 0) {
    magnitude =
        std::ldexp(static_cast<double>(mantissa), 1 - bias_of(format) - format.mantissa_bits);
  } else {
    magnitude = std::ldexp(static_cast<double>(mantissa + (1U << format.mantissa_bits)),
                           static_cast<int>(exponent) - bias_of(format) - format.mantissa_bits);
  }
  return negative ? -magnitude : magnitude;
}

std::uint32_t encode(DType dtype, double value) {
  if (!is_floating(dtype)) return static_cast<std::uint32_t>(static_cast<std::int32_t>(value));
  constexpr int kDoubleMantissa = 52;
  constexpr int kDoubleBias = 1023;
  const Format& format = format_of(dtype);
  const int sign_shift = format.mantissa_bits + format.exponent_bits;
  const std::uint32_t sign = std::signbit(value) ? 1U << sign_shift : 0U;
  const std::uint32_t infinity = ((1U << format.exponent_bits) - 1U) << format.mantissa_bits;
  if (std::isnan(value)) return sign | infinity | (1U << (format.mantissa_bits - 1));
  const auto bits = std::bit_cast<std::uint64_t>(std::fabs(value));
  const int exponent = static_cast<int>(bits >> kDoubleMantissa) - kDoubleBias;
  const int smallest = 1 - bias_of(format);
  // Double's own subnormals and zero are far below half of any format's smallest value.
  if (exponent == -kDoubleBias) return sign;
  const std::uint64_t hidden = std::uint64_t{1} << kDoubleMantissa;
  const std::uint64_t significand = (bits & (hidden - 1)) | hidden;
  // Bits to drop: the format's precision, and more below its smallest normal number.
  const int drop = kDoubleMantissa - format.mantissa_bits + std::max(0, smallest - exponent);
  if (drop > kDoubleMantissa + 1) return sign;
  std::uint64_t kept = significand >> drop;
  const std::uint64_t rest = significand & ((std::uint64_t{1} << drop) - 1);
  const std::uint64_t half = std::uint64_t{1} << (drop - 1);
  if (rest > half || (rest == half && kept % 2 == 1)) ++kept;
  // A carry out of the significand moves on into the exponent, which is what it should do; a
  // subnormal result has exponent field 0, to which such a carry adds 1.
  if (exponent > bias_of(format)) return sign | infinity;
  const std::uint64_t field = static_cast<std::uint64_t>(std::max(exponent - smallest, 0))
                              << format.mantissa_bits;
  const std::uint64_t code = field + kept;
  return sign | (code >= infinity ? infinity : static_cast<std::uint32_t>(code));
}

std::uint32_t load_bits(DType dtype, const std::byte* address) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, address, size_of(dtype));
  return bits;
}

void store_bits(DType dtype, std::byte* address, std::uint32_t bits) {
  std::memcpy(address, &bits, size_of(dtype));
}

std::int64_t ulp_distance(DType dtype, std::uint32_t a, std::uint32_t b) {
  if (dtype == DType::u8) return std::int64_t{a} - std::int64_t{b};
  const int sign_shift = static_cast<int>(size_of(dtype)) * 8 - 1;
  const auto ordered = [&](std::uint32_t bits) {
    const std::int64_t magnitude = bits & ((std::uint32_t{1} << sign_shift) - 1U);
    return ((bits >> sign_shift) & 1U) != 0 ? -magnitude : magnitude;
  };
  return ordered(a) - ordered(b);
}

}  // namespace mlacheck
