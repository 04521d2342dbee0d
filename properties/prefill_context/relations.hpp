// Relations of prefill attention by name. Each gives the other problem, whose matched elements have the
// same bits.
#pragma once

#include <cstdint>

#include "properties/prefill_context/fields.hpp"

namespace mlacheck::prefill_context {

/// Request r without the others, for the same `max_context`.
Relation request_alone(const Problem& problem, std::int64_t r);

}  // namespace mlacheck::prefill_context
