// What a subject says of its own work, held against what the driver saw of it.
#pragma once

#include <string>
#include <vector>

#include "harness/op/cost.hpp"
#include "harness/op/driver_work.hpp"
#include "harness/op/launch_context.hpp"

namespace mlacheck {

/// One sentence for each contradiction. None for a subject that calls a library (a launch recorded
/// without a grid): what the library asks of the driver is not compared.
std::vector<std::string> contradictions_of(const Cost& recorded,
                                           const std::vector<LaunchRecord>& launches,
                                           const DriverWork& seen);

}  // namespace mlacheck
