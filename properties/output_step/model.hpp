// Cases of an output step, what follows attention in a layer with quantized weights; docs/contracts.md,
// "output_step", explains the fields.
#pragma once

#include "harness/op/model.hpp"

namespace mlacheck::output_step {

const OpModel& model();

}  // namespace mlacheck::output_step
