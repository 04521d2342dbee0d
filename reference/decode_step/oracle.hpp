// Oracle of decode_step: docs/contracts.md has the contract, docs/bounds.md the bounds.
#pragma once

#include "harness/op/oracle.hpp"

namespace mlacheck::decode_step {

const Oracle& oracle();

}  // namespace mlacheck::decode_step
