// How many vector registers a wave has, for instructions that count them from M0.
#pragma once

#include "harness/amd/kernel.hpp"
#include "harness/amd/wave/wave.hpp"

namespace mlacheck::amd {

/// Those that the code object asks for, in the steps in which the hardware gives them: v0 and on, or a0 and on.
unsigned vector_count(const Kernel& kernel, bool accumulation);

/// The register that is `by` after the named one. Fails where the wave has none there; the hardware would read
/// v0, or drop the write. An array of the kernel that lies in registers was left, as others leave scratch.
u16 counted_register(const Wave& wave, const Operation& operation, u16 named, u32 by);

}  // namespace mlacheck::amd
