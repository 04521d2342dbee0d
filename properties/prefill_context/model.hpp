// Cases of prefill attention over new tokens and a chunked, paged context; docs/contracts.md,
// "prefill_context", explains the fields.
#pragma once

#include "harness/op/model.hpp"

namespace mlacheck::prefill_context {

const OpModel& model();

}  // namespace mlacheck::prefill_context
