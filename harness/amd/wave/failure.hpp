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

/// "kernel add (gfx90a), block (0, 0, 0), wave 1, instruction at offset 0x40 of its code (entry + 0x40), source
/// add.h:7"; the source only where the code object has a line table.
std::string place_of(const Wave& wave, u64 pc);

}  // namespace mlacheck::amd
