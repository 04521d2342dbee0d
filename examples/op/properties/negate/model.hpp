// Cases of negate; docs/contracts.md, "negate", explains the fields.
#pragma once

#include "harness/op/model.hpp"

namespace mlacheck::negate {

const OpModel& model();

}  // namespace mlacheck::negate
