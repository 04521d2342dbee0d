// Counts the calls of the CUDA driver API that reach the driver, also those of a closed library, of
// cuBLAS, or of a runtime that is linked statically into a plug-in.
#pragma once

#include <optional>
#include <string>

#include "harness/op/driver_work.hpp"

namespace mlacheck::cuda {

/// Starts counting for this thread, from zero. CUPTI is looked up at run time, on the first call.
void watch();

/// What was counted since watch(), which ends; nothing where CUPTI cannot be used.
std::optional<DriverWork> watched();

/// Empty, or why CUPTI cannot be used: no library, or another tool holds it.
std::string watch_unavailable();

/// Calls made meanwhile by this thread are the harness's own and do not count.
class WatchPause {
 public:
  WatchPause();
  ~WatchPause();
  WatchPause(const WatchPause&) = delete;
  WatchPause& operator=(const WatchPause&) = delete;
};

}  // namespace mlacheck::cuda
