// What the interpreter cannot execute in a kernel, without running it.
#pragma once

#include <string>

#include "harness/amd/kernel.hpp"

namespace mlacheck::amd {

/// The lines that mlacheck_amd_unknown() returns. Throws std::runtime_error without a disassembler.
std::string unknown_instructions(const Kernel& kernel);

}  // namespace mlacheck::amd
