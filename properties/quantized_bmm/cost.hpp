#pragma once

#include <optional>
#include <string_view>

#include "harness/op/cost.hpp"
#include "harness/op/problem.hpp"

namespace mlacheck::quantized_bmm {

/// Of the bundled variants, from the sizes alone; nothing for other variants.
std::optional<Cost> cost_of_variant(const Problem& problem, std::string_view variant);

}  // namespace mlacheck::quantized_bmm
