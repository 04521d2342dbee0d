// Dense operands of the problems that are timed.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "properties/common/operands.hpp"

namespace mlacheck::bench {

/// Without contents: DeviceOperands draws them.
inline Operand dense_input(std::string name, DType dtype, std::vector<std::int64_t> shape) {
  return input_operand(std::move(name), dtype, Layout::dense(std::move(shape)));
}

inline Operand dense_output(std::string name, DType dtype, std::vector<std::int64_t> shape) {
  return output_operand(std::move(name), dtype, Layout::dense(std::move(shape)));
}

/// 32-bit integers: entry i is first + i * step.
inline Operand integer_input(std::string name, std::vector<std::int64_t> shape, std::int64_t first,
                             std::int64_t step) {
  Operand result = dense_input(std::move(name), DType::i32, std::move(shape));
  for (std::int64_t i = 0; i < result.layout.elements(); ++i) {
    result.bits.push_back(static_cast<std::uint32_t>(first + i * step));
  }
  return result;
}

}  // namespace mlacheck::bench
