// What a program asked of the runtime, counted since the process began.
#pragma once

#include <cstdint>

namespace mlacheck::amd {

/// The layout is an interface: mlacheck_interpreted_work() hands it to the hip backend.
struct Work {
  std::uint64_t launches = 0;
  std::uint64_t allocations = 0;
  std::uint64_t bytes_filled = 0;
  std::uint64_t bytes_copied = 0;
  std::uint64_t synchronizations = 0;  ///< of stream, event or device; blocking copies
};

}  // namespace mlacheck::amd
