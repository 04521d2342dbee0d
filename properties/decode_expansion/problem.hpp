#pragma once

#include "harness/op/problem.hpp"
#include "properties/decode_expansion/fields.hpp"

namespace mlacheck::decode_expansion {

/// Operands and scalars of a case.
Problem problem_of(const Fields& fields);

}  // namespace mlacheck::decode_expansion
