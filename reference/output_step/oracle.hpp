// Oracle of output_step: each step by the oracle of the op that does it, from what the step before
// has written. docs/contracts.md has the contract, docs/bounds.md the bounds.
#pragma once

#include "harness/op/oracle.hpp"

namespace mlacheck::output_step {

const Oracle& oracle();

}  // namespace mlacheck::output_step
