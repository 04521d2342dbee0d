// What was asked of the HIP runtime, where that is the interpreter of harness/amd, which counts it.
// Other runtimes are not watched.
#pragma once

#include <optional>
#include <string>

#include "harness/op/driver_work.hpp"

namespace mlacheck::hip {

/// Whether kernels are interpreted.
bool interpreted();

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
