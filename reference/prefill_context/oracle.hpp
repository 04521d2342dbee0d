// Oracle of prefill_context: docs/contracts.md has the contract, docs/bounds.md the bounds.
#pragma once

#include "harness/op/oracle.hpp"

namespace mlacheck::prefill_context {

const Oracle& oracle();

}  // namespace mlacheck::prefill_context
