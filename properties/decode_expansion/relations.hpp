// Relations of problems of the expansion.
#pragma once

#include <vector>

#include "harness/op/relation.hpp"

namespace mlacheck::decode_expansion {

/// At most two, drawn.
std::vector<Relation> relations_of(const Problem& problem, Random& random);

}  // namespace mlacheck::decode_expansion
