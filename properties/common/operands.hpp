// Operands of a problem, as models make them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "harness/op/problem.hpp"

namespace mlacheck {

inline Operand input_operand(std::string name, DType dtype, Layout layout,
                             std::vector<std::uint32_t> bits = {},
                             CodeFormat format = CodeFormat::plain) {
  Operand operand;
  operand.name = std::move(name);
  operand.dtype = dtype;
  operand.layout = std::move(layout);
  operand.bits = std::move(bits);
  operand.format = format;
  return operand;
}

/// All live.
inline Operand output_operand(std::string name, DType dtype, Layout layout,
                              CodeFormat format = CodeFormat::plain) {
  Operand operand = input_operand(std::move(name), dtype, std::move(layout), {}, format);
  operand.access = Access::output;
  return operand;
}

}  // namespace mlacheck
