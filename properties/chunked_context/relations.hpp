// Relations of problems of the chain of merges.
#pragma once

#include <vector>

#include "harness/op/relation.hpp"

namespace mlacheck::chunked_context {

/// At most two, drawn.
std::vector<Relation> relations_of(const Problem& problem,
                                   const std::vector<std::int64_t>& request_ends, Random& random);

}  // namespace mlacheck::chunked_context
