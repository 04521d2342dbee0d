#include "properties/common/states.hpp"

#include "properties/common/operands.hpp"

namespace mlacheck {

Operand state_values(std::string name, DType dtype, const StateShape& shape,
                     const LayoutFields& layout, ValueClass values, std::uint64_t seed,
                     const StateCell& cell) {
  Operand operand = state_values_out(std::move(name), dtype, shape, layout);
  operand.access = Access::input;
  operand.bits = fill(dtype, values, seed, operand.name, operand.layout.elements());
  operand.cells.reserve(operand.bits.size());
  for (std::int64_t token = 0; token < shape.tokens; ++token) {
    for (std::int64_t head = 0; head < shape.heads; ++head) {
      operand.cells.insert(operand.cells.end(), static_cast<std::size_t>(shape.width),
                           cell(token, head));
    }
  }
  return operand;
}

Operand state_lse(std::string name, const StateShape& shape, const LayoutFields& layout,
                  const StateNumber& number, const StateCell& cell) {
  Operand operand = state_lse_out(std::move(name), shape, layout);
  operand.access = Access::input;
  for (std::int64_t head = 0; head < shape.heads; ++head) {
    for (std::int64_t token = 0; token < shape.tokens; ++token) {
      operand.bits.push_back(encode(DType::f32, number(token, head)));
      operand.cells.push_back(cell(token, head));
    }
  }
  return operand;
}

Operand state_values_out(std::string name, DType dtype, const StateShape& shape,
                         const LayoutFields& layout) {
  return output_operand(std::move(name), dtype, layout.layout(shape.values()));
}

Operand state_lse_out(std::string name, const StateShape& shape, const LayoutFields& layout) {
  Operand operand = output_operand(std::move(name), DType::f32, layout.layout(shape.lse()));
  operand.role = Role::lse;
  return operand;
}

}  // namespace mlacheck
