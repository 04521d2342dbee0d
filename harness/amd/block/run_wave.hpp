// Runs one wave.
#pragma once

#include "harness/amd/decode/program.hpp"
#include "harness/amd/kernel.hpp"
#include "harness/amd/wave/wave.hpp"

namespace mlacheck::amd {

/// Registers as the hardware sets them; the others hold poison. The caller sets block, number, scratch.
void start_wave(Wave& wave, const WaveStart& from, const Kernel& kernel);

/// To its next barrier or its end, under the checks of a monitor if there is one. Returns how many
/// instructions ran; throws Failure.
u64 run_to_barrier(Wave& wave, Program& program, Monitor* monitor = nullptr);
/// One instruction.
void run_step(Wave& wave, Program& program);

}  // namespace mlacheck::amd
