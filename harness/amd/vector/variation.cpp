#include "harness/amd/vector/variation.hpp"

#include <bit>
#include <cmath>
#include <limits>

namespace mlacheck::amd {
namespace {

std::optional<u64> chosen;

// The mixing steps of SplitMix64.
u64 mixed(u64 value) {
  value += 0x9e37'79b9'7f4a'7c15U;
  value = (value ^ value >> 30) * 0xbf58'476d'1ce4'e5b9U;
  value = (value ^ value >> 27) * 0x94d0'49bb'1331'11ebU;
  return value ^ value >> 31;
}

u64 drawn(Approximated function, u64 bits) {
  return mixed(mixed(*chosen + static_cast<u64>(function)) ^ bits);
}

}  // namespace

void set_variation(std::optional<u64> seed) { chosen = seed; }

bool varies() { return chosen.has_value(); }

float varied(double exact, Approximated function, u32 bits) {
  const auto nearest = static_cast<float>(exact);
  if (!std::isnormal(nearest) || static_cast<double>(nearest) == exact) return nearest;
  if (drawn(function, bits) % 2 == 0) return nearest;
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const float other =
      std::nextafter(nearest, exact > static_cast<double>(nearest) ? infinity : -infinity);
  return std::isnormal(other) ? other : nearest;
}

Half varied_half(double exact, Approximated function, u16 bits) {
  const Half nearest = to_half(static_cast<float>(exact));
  const auto value = static_cast<double>(to_float(nearest));
  if (!std::isfinite(value) || value == 0 || value == exact) return nearest;
  if (drawn(function, bits) % 2 == 0) return nearest;
  // Numbers of one sign are in the order of their bits.
  const bool away = std::fabs(exact) > std::fabs(value);
  const Half other{static_cast<u16>(nearest.bits + (away ? 1 : -1))};
  return std::isfinite(to_float(other)) && to_float(other) != 0 ? other : nearest;
}

double varied_double(double exact, Approximated function, u64 bits) {
  if (!std::isnormal(exact)) return exact;
  // From -1 to 1.
  const double part = static_cast<double>(static_cast<i64>(drawn(function, bits))) * 0x1p-63;
  const double other = exact * (1 + part * 0x1p-23);
  return std::isnormal(other) ? other : exact;
}

}  // namespace mlacheck::amd
