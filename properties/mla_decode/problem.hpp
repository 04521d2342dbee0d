#pragma once

#include <string_view>
#include <vector>

#include "harness/op/problem.hpp"
#include "properties/mla_decode/fields.hpp"

namespace mlacheck::mla_decode {

/// Operands and scalars of a case.
Problem problem_of(const Fields& fields, std::string_view variant);

/// Of all operands that can be large.
std::vector<Layout> large_layouts(const Fields& fields);

}  // namespace mlacheck::mla_decode
