// Cases of mla_decode: ragged batches over a shuffled paged cache, layouts, splits, values.
#pragma once

#include "harness/op/model.hpp"

namespace mlacheck {

const OpModel& mla_decode_model();

/// Of its problems: what the model's relations() returns.
std::vector<Relation> mla_decode_relations(const Problem& problem, Random& random);

/// Of its bundled variants, from the sizes alone; nothing for other variants.
std::optional<Cost> mla_decode_cost(const Problem& problem, std::string_view variant);

}  // namespace mlacheck
