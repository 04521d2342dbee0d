// What a vendor's driver was asked to do, as the driver saw it.
#pragma once

#include <cstdint>

namespace mlacheck {

/// Counted beside what a subject says of itself (Cost), and by other means.
struct DriverWork {
  std::uint64_t launches = 0;
  std::uint64_t allocations = 0;       ///< of device memory
  std::uint64_t bytes_filled = 0;      ///< of the linear ones
  std::uint64_t bytes_copied = 0;      ///< of the linear ones
  std::uint64_t synchronizations = 0;  ///< of stream, event or context; blocking copies
};

}  // namespace mlacheck
