#include "properties/common/values.hpp"

#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>

#include "harness/op/random.hpp"

namespace mlacheck {
namespace {

double unit_interval(std::uint64_t bits) {
  return (static_cast<double>(bits >> 11) + 0.5) * 0x1.0p-53;
}

// Box and Muller: two uniform numbers from one draw of 64 bits (32 bits each are enough for test
// data: the tail reaches 6.6 standard deviations).
double normal_value(std::uint64_t bits) {
  const double u = (static_cast<double>(bits >> 32) + 0.5) * 0x1.0p-32;
  const double v = (static_cast<double>(bits & 0xffffffffU) + 0.5) * 0x1.0p-32;
  return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v);
}

}  // namespace

double raw_value(ValueClass values, DType dtype, std::uint64_t seed, std::uint64_t stream,
                 std::uint64_t index) {
  const std::uint64_t bits = random_bits(seed, stream, index);
  switch (values) {
    case ValueClass::integers:
      return static_cast<double>(bits % 9) - 4.0;
    case ValueClass::positions:
      return static_cast<double>(index % 251) - 125.0;
    case ValueClass::normal:
      return normal_value(bits);
    case ValueClass::wide: {
      const double significand = 1.0 + unit_interval(bits);
      const int exponent = static_cast<int>(bits % 25) - 12;
      return std::ldexp((bits & 32U) != 0 ? -significand : significand, exponent);
    }
    case ValueClass::cancelling: {
      // The pair shares its magnitude; the odd one is negated and a few parts in 2^9 away.
      const double magnitude = normal_value(random_bits(seed, stream, index / 2));
      return index % 2 == 0 ? magnitude : -magnitude * (1.0 + 0x1.0p-9 * unit_interval(bits));
    }
    case ValueClass::one_signed:
      return std::fabs(normal_value(bits));
    case ValueClass::tiny:
      return smallest_normal(dtype) * 2.0 * normal_value(bits);
    case ValueClass::zeros:
      return (bits & 1U) != 0 ? -0.0 : 0.0;
    case ValueClass::special: {
      const std::uint64_t lot = random_bits(seed ^ 0x5eed5eedULL, stream, index) % 100;
      if (lot == 0) return std::numeric_limits<double>::infinity();
      if (lot == 1) return -std::numeric_limits<double>::infinity();
      if (lot == 2) return std::numeric_limits<double>::quiet_NaN();
      return normal_value(bits);
    }
    case ValueClass::largest: {
      // Far enough from the end for the roundings of a chain of means in fp32.
      const double magnitude = largest_finite(dtype) * (1 - 0x1.0p-14 * (1 + unit_interval(bits)));
      return (bits & 1U) != 0 ? -magnitude : magnitude;
    }
  }
  throw std::logic_error("unhandled value class");
}

std::vector<std::uint32_t> fill(DType dtype, ValueClass values, std::uint64_t seed,
                                std::string_view name, std::int64_t count, double scale) {
  const std::uint64_t stream = stream_of(name);
  std::vector<std::uint32_t> bits(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < bits.size(); ++i) {
    bits[i] = encode(dtype, scale * raw_value(values, dtype, seed, stream, i));
  }
  return bits;
}

}  // namespace mlacheck
