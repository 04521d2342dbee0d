#pragma once

#include "harness/op/problem.hpp"
#include "properties/quantized_bmm/fields.hpp"

namespace mlacheck::quantized_bmm {

/// Operands and scalars of a case.
Problem problem_of(const Fields& fields);

}  // namespace mlacheck::quantized_bmm
