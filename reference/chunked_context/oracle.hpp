// Oracle of chunked_context: docs/contracts.md has the contract, docs/bounds.md the bounds.
#pragma once

#include "harness/op/oracle.hpp"

namespace mlacheck {

const Oracle& chunked_context_oracle();

}  // namespace mlacheck
