// How a handler ends a launch.
#pragma once

#include <optional>
#include <string>

#include "harness/amd/kernel.hpp"
#include "harness/amd/wave/operation.hpp"

namespace mlacheck::amd {

/// Thrown by handlers; run_block turns it into its result.
struct Failure {
  Fault fault;
};

/// Throws a Failure: `what` with the place, which is kernel, block, wave, lane, pc and instruction.
[[noreturn]] void fail(const Wave& wave, const Operation& operation, Fault::Kind kind,
                       const std::string& what, std::optional<unsigned> lane = std::nullopt);

/// "kernel add, block (0, 0, 0), wave 1, at 0x40"; pc counts from the kernel's entry.
std::string place_of(const Wave& wave, u64 pc);

}  // namespace mlacheck::amd
