// Oracle of merge_states: docs/contracts.md has the contract, docs/bounds.md the bounds.
#pragma once

#include "harness/op/oracle.hpp"

namespace mlacheck {

const Oracle& merge_states_oracle();

}  // namespace mlacheck
