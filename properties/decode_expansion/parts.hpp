// Relations and costs of problems of decode_expansion.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/op/cost.hpp"
#include "harness/op/relation.hpp"

namespace mlacheck::decode_expansion {

/// At most two, drawn.
std::vector<Relation> relations_of(const Problem& problem, Random& random);

/// Of the bundled variants, from the sizes alone; nothing for other variants.
std::optional<Cost> cost_of_variant(const Problem& problem, std::string_view variant);

/// The reads outside table or page pool of a kernel that consumes the expanded lengths and tables.
std::vector<std::string> faults_of(const Problem& problem,
                                   const std::vector<std::vector<std::uint32_t>>& outputs);

}  // namespace mlacheck::decode_expansion
