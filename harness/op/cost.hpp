// What one call asks of the machine besides arithmetic.
#pragma once

#include <cstdint>

namespace mlacheck {

struct Cost {
  std::uint64_t launches = 0;
  std::uint64_t allocations = 0;       ///< requests for scratch, empty ones included
  std::uint64_t bytes_allocated = 0;   ///< of all requests together
  std::uint64_t peak_bytes = 0;        ///< most scratch held at one time
  std::uint64_t bytes_filled = 0;      ///< set to a constant
  std::uint64_t bytes_copied = 0;      ///< moved without computing on them
  std::uint64_t synchronizations = 0;  ///< waits of the host for the device

  friend bool operator==(const Cost&, const Cost&) = default;
};

}  // namespace mlacheck
