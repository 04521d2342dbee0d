#pragma once

#include <cstdint>

namespace mlacheck {

/// a / b rounded up, for a >= 0 and b > 0, without the overflow of (a + b - 1) / b.
constexpr std::int64_t rounded_up_quotient(std::int64_t a, std::int64_t b) {
  return a / b + (a % b != 0 ? 1 : 0);
}

}  // namespace mlacheck
