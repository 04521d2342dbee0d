// Where the pages of a paged cache lie.
#pragma once

#include <cstdint>
#include <vector>

namespace mlacheck {

/// The physical page of each logical one: a permutation of used + spare pages, of which the used ones
/// come first. Placement 0 keeps them in order, behind the spare ones, so that many of these make for
/// large page ids; any other shuffles them all.
std::vector<std::int64_t> page_order(std::int64_t used, std::int64_t spare, std::int64_t placement);

}  // namespace mlacheck
