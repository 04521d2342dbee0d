// Relations of problems of the merge.
#pragma once

#include <vector>

#include "harness/op/relation.hpp"

namespace mlacheck::merge_states {

/// At most two, drawn.
std::vector<Relation> relations_of(const Problem& problem, Random& random);

}  // namespace mlacheck::merge_states
