#include "harness/amd/matrix/layout.hpp"

namespace mlacheck::amd {

void bind_matrix(const Binding& binding, std::size_t operand, unsigned words) {
  if (binding.operand(operand).kind == Operand::Kind::vector &&
      binding.operand(operand).count == words)
    return;
  throw Unknown{"operand '" + binding.operand(operand).text + "' is not " + std::to_string(words) +
                " vector registers"};
}

void bind_addend(const Binding& binding, std::size_t operand, unsigned words) {
  if (binding.operand(operand).kind == Operand::Kind::scalar)
    throw Unknown{"C in scalar registers"};
  if (binding.operand(operand).kind == Operand::Kind::vector) bind_matrix(binding, operand, words);
  binding.source(2, operand, Type::float32);
  if (binding.operation.source[2].modified)
    throw Unknown{"signs of matrix operands are not understood"};
}

}  // namespace mlacheck::amd
