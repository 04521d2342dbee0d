// Relations of a decode step by name. Each gives the other problem, whose matched elements have the same
// bits.
#pragma once

#include <string>

#include "properties/decode_step/fields.hpp"

namespace mlacheck::decode_step {

/// The requests of a list, in its order, without padding rows.
Relation chosen_requests(std::string name, const Problem& problem, const Integers& requests);

/// Each token as a request of its own, which sees what the token saw.
Relation one_token_each(const Problem& problem);

}  // namespace mlacheck::decode_step
