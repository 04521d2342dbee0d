// Cases of the value up-projection; docs/contracts.md, "strided_bmm", explains the fields.
#pragma once

#include "harness/op/model.hpp"

namespace mlacheck {

const OpModel& strided_bmm_model();

/// Of its problems: what the model's relations() returns.
std::vector<Relation> strided_bmm_relations(const Problem& problem, Random& random);

/// Of its bundled variants, from the sizes alone; nothing for other variants.
std::optional<Cost> strided_bmm_cost(const Problem& problem, std::string_view variant);

}  // namespace mlacheck
