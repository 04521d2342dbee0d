// Cases of flattening with quantization; docs/contracts.md, "flatten_quant", explains the fields.
#pragma once

#include "harness/op/model.hpp"

namespace mlacheck {

const OpModel& flatten_quant_model();

}  // namespace mlacheck
