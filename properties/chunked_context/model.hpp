// Cases of the chain of merges of a chunked context; docs/contracts.md, "chunked_context", explains
// the fields.
#pragma once

#include "harness/op/model.hpp"

namespace mlacheck::chunked_context {

const OpModel& model();

}  // namespace mlacheck::chunked_context
