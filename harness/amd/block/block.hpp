// Runs one block of a launch: its waves to their barriers in turn, until all have ended.
#pragma once

#include <optional>

#include "harness/amd/kernel.hpp"
#include "harness/amd/memory/allocations.hpp"

namespace mlacheck::amd {

/// What ended it early, or nothing.
std::optional<Fault> run_block(const BlockStart& start, const Allocations& allocations);

}  // namespace mlacheck::amd
