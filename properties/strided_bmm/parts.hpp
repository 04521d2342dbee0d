// Relations and costs of problems of the value up-projection.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "harness/op/cost.hpp"
#include "harness/op/relation.hpp"

namespace mlacheck::strided_bmm {

/// At most two, drawn.
std::vector<Relation> relations_of(const Problem& problem, Random& random);

/// Of the bundled variants, from the sizes alone; nothing for other variants.
std::optional<Cost> cost_of_variant(const Problem& problem, std::string_view variant);

}  // namespace mlacheck::strided_bmm
