// What only the HIP runtime of harness/amd, the interpreter, can do: count what it is asked for, and run waves
// and blocks in an order of choice. Other runtimes are not watched.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/backends/backend.hpp"
#include "harness/op/driver_work.hpp"

namespace mlacheck::hip {

/// Whether kernels are interpreted.
bool interpreted();

bool can_order();
/// For launches from now on. Without effect where can_order() is false.
void set_order(Order order, std::uint64_t seed);

void watch();
/// Since watch(), without what happened while a WatchPause lived.
std::optional<DriverWork> watched();
std::string watch_unavailable();

class WatchPause {
 public:
  WatchPause();
  WatchPause(const WatchPause&) = delete;
  WatchPause& operator=(const WatchPause&) = delete;
  ~WatchPause();
};

}  // namespace mlacheck::hip
