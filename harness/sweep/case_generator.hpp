// RapidCheck's generator of an op's cases, for the property tests.
#pragma once

#include <rapidcheck.h>

#include <vector>

#include "harness/subjects/ops.hpp"

namespace mlacheck {

/// Draws what the model draws, and shrinks as sweeps do: simpler_cases, less what the op calls
/// inadmissible. Values are never shrunk: they follow from the case.
rc::Gen<Case> case_generator(const OpModel& model, const std::vector<Tile>& tiles);

}  // namespace mlacheck
