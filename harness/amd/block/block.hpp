// Runs the waves of one block.
#pragma once

#include <optional>

#include "harness/amd/kernel.hpp"
#include "harness/amd/memory/allocations.hpp"

namespace mlacheck::amd {

/// Each wave in turn to its next barrier or its end. Nothing, or what ended the block early. Not to be
/// called by two threads at a time.
std::optional<Fault> run_block(const BlockStart& start, const Allocations& allocations);

/// Instructions that waves have executed since the program began.
std::uint64_t executed_instructions();

/// To be called before the image with this text section goes away.
void forget_code(std::uint64_t code_begin);

}  // namespace mlacheck::amd
