#include "harness/amd/scalar/operate.hpp"

namespace mlacheck::amd {

void bind_scalar(const Binding& binding) {
  expect_modifiers(binding, {});
  std::size_t next = 0;
  if (binding.entry.result != Type::none) binding.operation.target = binding.scalar_target(next++);
  if (binding.instruction.operands.size() != next + binding.entry.count) {
    throw Unknown{"it has " + std::to_string(binding.instruction.operands.size()) + " operands"};
  }
  for (std::size_t i = 0; i < binding.entry.count; ++i) {
    binding.source(i, next + i, binding.entry.sources.at(i));
  }
}

void bind_scalar_in_place(const Binding& binding) {
  expect_modifiers(binding, {});
  if (binding.entry.result != Type::none) binding.operation.target = binding.scalar_target(0);
  for (std::size_t i = 0; i < binding.entry.count; ++i) {
    binding.source(i, i, binding.entry.sources.at(i));
    // simm16: printed as the 16 bits that it has.
    Source& source = binding.operation.source.at(i);
    if (source.kind == Source::Kind::constant) {
      const i32 value = sign_extended(low_word(source.value), 16);
      source.value = as_unsigned(value);
    }
  }
}

}  // namespace mlacheck::amd
