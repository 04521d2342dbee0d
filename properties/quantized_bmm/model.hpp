// Cases of the quantized batched product; docs/contracts.md, "quantized_bmm", explains the fields.
#pragma once

#include "harness/op/model.hpp"

namespace mlacheck {

const OpModel& quantized_bmm_model();

}  // namespace mlacheck
