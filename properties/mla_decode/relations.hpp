// Relations of problems of latent decode.
#pragma once

#include <vector>

#include "harness/op/relation.hpp"

namespace mlacheck::mla_decode {

/// At most two, drawn.
std::vector<Relation> relations_of(const Problem& problem, Random& random);

}  // namespace mlacheck::mla_decode
