// Relations of problems of the value up-projection.
#pragma once

#include <vector>

#include "harness/op/relation.hpp"

namespace mlacheck::strided_bmm {

/// At most two, drawn.
std::vector<Relation> relations_of(const Problem& problem, Random& random);

}  // namespace mlacheck::strided_bmm
