// Relations and costs of problems of merge_states.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/op/cost.hpp"
#include "harness/op/relation.hpp"

namespace mlacheck::merge_states {

/// At most two, drawn.
std::vector<Relation> relations_of(const Problem& problem, Random& random);

/// Of the bundled variants, from the sizes alone; nothing for other variants.
std::optional<Cost> cost_of_variant(const Problem& problem, std::string_view variant);

}  // namespace mlacheck::merge_states
