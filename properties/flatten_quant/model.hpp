// Cases of flattening with quantization; docs/contracts.md, "flatten_quant", explains the fields.
#pragma once

#include "harness/op/model.hpp"

namespace mlacheck::flatten_quant {

const OpModel& model();

}  // namespace mlacheck::flatten_quant
