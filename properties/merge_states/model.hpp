// Cases of the merge of two attention states; docs/contracts.md, "merge_states", explains the fields.
#pragma once

#include "harness/op/model.hpp"

namespace mlacheck {

const OpModel& merge_states_model();

}  // namespace mlacheck
