// Limits of numbers on the command line.
#pragma once

#include <string>

namespace mlacheck {

struct NumberRange {
  double least;
  double most;
};

/// Time limits: from a blink to a week.
inline constexpr NumberRange kSecondsRange{0.001, 604800};
/// Memory of a worker in GiB: less than it needs to start would end every case.
inline constexpr NumberRange kGibRange{0.0625, 1048576};

/// Throws std::invalid_argument that names the option, the value and the range. NaN is in none.
void check_range(const std::string& option, double value, NumberRange range);

}  // namespace mlacheck
