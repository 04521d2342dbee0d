// Where an undefined value decides something: the difference of a wave and its twin is reported there.
#pragma once

#include "harness/amd/monitor/effects.hpp"
#include "harness/amd/wave/wave.hpp"

namespace mlacheck::amd {

/// Whether a memory instruction other than FLAT reaches the wave's scratch.
bool reaches_scratch(const Wave& wave, const Operation& operation);

/// Before the instruction: addresses, values stored to global memory, conditions of branches, targets of
/// jumps. Throws Failure.
void expect_defined_decisions(const Wave& wave, const Wave& twin, const Operation& operation,
                              const Effects& effects);

/// After the instruction: EXEC. Throws Failure.
void expect_defined_lanes(const Wave& wave, const Wave& twin, const Operation& operation);

}  // namespace mlacheck::amd
