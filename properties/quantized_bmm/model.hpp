// Cases of the quantized batched product; docs/contracts.md, "quantized_bmm", explains the fields.
#pragma once

#include "harness/op/model.hpp"

namespace mlacheck::quantized_bmm {

const OpModel& model();

}  // namespace mlacheck::quantized_bmm
