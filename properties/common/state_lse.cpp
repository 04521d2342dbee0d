#include "properties/common/state_lse.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "harness/op/random.hpp"
#include "harness/values/dtype.hpp"
#include "properties/common/values.hpp"

namespace mlacheck {
namespace {

double unit(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1.0p-53; }

template <std::size_t n>
double difference(const std::array<double, n>& sizes, std::uint64_t bits) {
  const double size = sizes[bits % n];
  return (bits >> 32) % 2 == 0 ? size : -size;
}

double unrounded(LseClass values, std::uint64_t seed, std::uint64_t row, std::uint64_t part) {
  static const std::uint64_t kBase = stream_of("lse.base");
  static const std::uint64_t kPart = stream_of("lse.part");
  const std::uint64_t base_bits = random_bits(seed, kBase, row);
  const std::uint64_t part_bits = random_bits(seed, kPart + part, row);
  const double base = raw_value(ValueClass::normal, DType::f32, seed, kBase, row);
  const double own = raw_value(ValueClass::normal, DType::f32, seed, kPart + part, row);
  switch (values) {
    case LseClass::equal:
      return static_cast<double>(base_bits % 9) - 4;
    case LseClass::near:
      return 2 * base + difference<3>({0, 1, 4}, part_bits);
    case LseClass::independent:
      return 3 * own;
    case LseClass::far:
      return 2 * base + difference<3>({0, 16, 100}, part_bits);
    case LseClass::large:
      return 1e5 * (unit(base_bits) - 0.5) + difference<5>({0, 1, 4, 16, 100}, part_bits);
    case LseClass::small:
      return own * std::ldexp(1.0, -static_cast<int>(part_bits % 150));
    case LseClass::huge:
      return (part_bits % 2 == 0 ? 1 : -1) *
             std::ldexp(1 + unit(part_bits), 97 + static_cast<int>(part_bits % 30));
    case LseClass::nan:
      if (part_bits % 10 == 0) return std::numeric_limits<double>::quiet_NaN();
      return 2 * base + difference<3>({0, 1, 4}, part_bits >> 8);
    case LseClass::level: {
      // Levels below the finite numbers that kernels use in place of -infinity: -1e4, -1e30, half
      // the lowest number.
      constexpr std::array<double, 6> kLevels{200, 5e3, 6e4, 1e6, 1e30, 0x1.fffffep127};
      const double level = kLevels[base_bits % kLevels.size()];
      const double differs = level < 0x1p22 ? difference<3>({0, 1, 4}, part_bits) : 0;
      return ((base_bits >> 32) % 4 == 0 ? level : -level) + differs;
    }
  }
  throw std::logic_error("unhandled LSE class");
}

}  // namespace

bool weights_may_vanish(LseClass values) {
  return values == LseClass::far || values == LseClass::large || values == LseClass::huge;
}

double lse_value(LseClass values, std::uint64_t seed, std::uint64_t row, std::uint64_t part) {
  return decode(DType::f32, encode(DType::f32, unrounded(values, seed, row, part)));
}

double empty_lse(EmptyLse convention, std::uint64_t seed, std::uint64_t row, std::uint64_t part) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  if (convention == EmptyLse::minus_inf) return -kInf;
  if (convention == EmptyLse::plus_inf) return kInf;
  return random_bits(seed, stream_of("lse.empty") + part, row) % 2 == 0 ? kInf : -kInf;
}

}  // namespace mlacheck
