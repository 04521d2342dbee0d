// Oracle of negate: docs/contracts.md has the contract, docs/bounds.md the bounds.
#pragma once

#include "harness/op/oracle.hpp"

namespace mlacheck::negate {

const Oracle& oracle();

}  // namespace mlacheck::negate
