// Cases of merge_states: sizes, layouts, LSE differences, empty and copied rows.
#pragma once

#include "harness/op/model.hpp"

namespace mlacheck {

const OpModel& merge_states_model();

/// Of its problems: what the model's relations() returns.
std::vector<Relation> merge_states_relations(const Problem& problem, Random& random);

/// Of its bundled variants, from the sizes alone; nothing for other variants.
std::optional<Cost> merge_states_cost(const Problem& problem, std::string_view variant);

}  // namespace mlacheck
