// Operands of problems that a test writes down by hand.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "harness/op/problem.hpp"

namespace mlacheck::testing_support {

/// Dense; `values` are rounded to `dtype`, and empty for an output.
inline Operand dense_operand(const std::string& name, DType dtype, Access access,
                             std::vector<std::int64_t> shape, const std::vector<double>& values) {
  Operand operand;
  operand.name = name;
  operand.dtype = dtype;
  operand.access = access;
  operand.layout = Layout::dense(std::move(shape));
  for (const double value : values) operand.bits.push_back(encode(dtype, value));
  return operand;
}

}  // namespace mlacheck::testing_support
