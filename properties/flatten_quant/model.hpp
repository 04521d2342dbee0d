// Cases of flattening with quantisation; docs/contracts.md, "flatten_quant", explains the fields.
#pragma once

#include "harness/op/model.hpp"

namespace mlacheck {

const OpModel& flatten_quant_model();

/// Of its problems: what the model's relations() returns.
std::vector<Relation> flatten_quant_relations(const Problem& problem, Random& random);

/// Of its bundled variants, from the sizes alone; nothing for other variants.
std::optional<Cost> flatten_quant_cost(const Problem& problem, std::string_view variant);

}  // namespace mlacheck
