// Oracle of merge_states: docs/contracts.md has the contract, docs/bounds.md the bounds.
#pragma once

#include "harness/op/oracle.hpp"

namespace mlacheck::merge_states {

const Oracle& oracle();

}  // namespace mlacheck::merge_states
