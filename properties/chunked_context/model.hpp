// Cases of chunked_context: requests with contexts of different lengths, chunks with layouts of
// their own, rows that are empty in some or all chunks.
#pragma once

#include "harness/op/model.hpp"

namespace mlacheck {

const OpModel& chunked_context_model();

/// Of its problems: what the model's relations() returns. `request_ends`: the token past the last
/// one of each request that has tokens, ascending.
std::vector<Relation> chunked_context_relations(const Problem& problem,
                                                const std::vector<std::int64_t>& request_ends,
                                                Random& random);

/// Of its bundled variants, from the sizes alone; nothing for other variants.
std::optional<Cost> chunked_context_cost(const Problem& problem, std::string_view variant);

}  // namespace mlacheck
