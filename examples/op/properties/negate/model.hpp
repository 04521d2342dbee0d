// Cases of negate; docs/contracts.md, "negate", explains the fields.
#pragma once

#include "harness/op/model.hpp"

namespace mlacheck {

const OpModel& negate_model();

}  // namespace mlacheck
