// What all matrix instructions share: where results lie, and their operands.
#pragma once

#include "harness/amd/decode/bind.hpp"
#include "harness/amd/wave/wave.hpp"

namespace mlacheck::amd {

/// Row of the element that a lane's result register holds; its column is lane % Rows.
template <unsigned Rows>
constexpr unsigned result_row(unsigned lane, unsigned result) {
  static_assert(Rows == 16 || Rows == 32);
  return Rows == 16 ? 4 * (lane / 16) + result : 8 * (result / 4) + 4 * (lane / 32) + result % 4;
}

/// Throws Unknown unless the operand is that many vector registers.
void bind_matrix(const Binding& binding, std::size_t operand, unsigned words);

/// C, which is source 2 of the operation: registers, or a constant for all elements.
void bind_addend(const Binding& binding, std::size_t operand, unsigned words);

}  // namespace mlacheck::amd
