// Cases of the merge of two attention states; docs/contracts.md, "merge_states", explains the fields.
#pragma once

#include "harness/op/model.hpp"

namespace mlacheck::merge_states {

const OpModel& model();

}  // namespace mlacheck::merge_states
