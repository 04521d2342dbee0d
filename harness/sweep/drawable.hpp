// Whether any case can be drawn from the domain of a row.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/sweep/row.hpp"

namespace mlacheck {

/// Throws std::invalid_argument naming variant, op and the first term of the row's domain that, with the
/// terms before it, none of the required cases and no drawn case could be brought to meet. That is tried
/// with some hundred cases: such a domain may still hold a case.
void check_drawable(const Row& row, std::uint64_t seed);

}  // namespace mlacheck
