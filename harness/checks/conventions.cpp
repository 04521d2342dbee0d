#include "harness/checks/conventions.hpp"

#include <cmath>
#include <numbers>

namespace mlacheck {
Problem under_conventions(Problem problem, const Subject& subject) {
  problem.numerics = subject.numerics;
  for (Operand& operand : problem.operands) {
    operand.zero_has_sign = subject.conventions.zero_has_sign;
  }
  if (subject.conventions.lse_base == Conventions::LseBase::two) {
    for (Operand& operand : problem.operands) {
      if (operand.role == Role::lse) operand.unit = std::numbers::ln2;
    }
  }
  return problem;
}

void to_units_of(Expectation& expectation, const Problem& problem) {
  for (ExpectedTensor& expected : expectation.outputs) {
    const Operand* const operand = problem.find(expected.operand);
    if (operand == nullptr || operand->unit == 1) continue;
    for (std::size_t i = 0; i < expected.value.size(); ++i) {
      expected.value[i] /= operand->unit;
      if (expected.bound[i] == 0 || !std::isfinite(expected.value[i])) continue;
      // The bound scales; the rounding of the stored number is that of its own, larger, magnitude.
      expected.bound[i] = expected.bound[i] / operand->unit +
                          unit_roundoff(operand->dtype) * std::fabs(expected.value[i]) +
                          underflow_error(operand->dtype);
    }
  }
}

std::string outside_conventions(const Problem& problem, const Subject& subject) {
  if (subject.conventions.plus_infinity_is_empty) return {};
  for (const Operand& operand : problem.operands) {
    if (operand.role != Role::lse || operand.access == Access::output) continue;
    for (std::size_t i = 0; i < operand.bits.size(); ++i) {
      if (operand.cell(i) == Cell::dead) continue;
      const double value = decode(operand.dtype, operand.bits[i]);
      if (std::isinf(value) && value > 0) {
        return operand.name + " holds +inf, which this subject does not understand";
      }
    }
  }
  return {};
}

}  // namespace mlacheck
