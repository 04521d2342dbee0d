// The cost contract of ops with variants that work in place (`strided`, `async`) and one, `copy`,
// that goes through a dense copy of one operand.
#pragma once

#include <optional>
#include <string_view>

#include "harness/op/cost.hpp"
#include "harness/op/problem.hpp"

namespace mlacheck {

/// One launch, and for `copy` another one that copies all of `copied`, scratch included. Nothing
/// where `copied` has no elements, and no promise for other variants.
std::optional<Cost> copy_cost(const Operand& copied, std::string_view variant);

}  // namespace mlacheck
