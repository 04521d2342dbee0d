// Cases of the value up-projection; docs/contracts.md, "strided_bmm", explains the fields.
#pragma once

#include "harness/op/model.hpp"

namespace mlacheck {

const OpModel& strided_bmm_model();

}  // namespace mlacheck
