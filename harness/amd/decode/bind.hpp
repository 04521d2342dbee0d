// From the operands of an instruction to the sources and targets of an operation.
#pragma once

#include <optional>
#include <string>

#include "harness/amd/decode/instruction.hpp"
#include "harness/amd/wave/operation.hpp"

namespace mlacheck::amd {

struct Entry;

/// Thrown where an operand or a modifier is not what the instruction takes.
struct Unknown {
  std::string reason;
};

/// What is being bound.
struct Binding {
  const Instruction& instruction;
  const Entry& entry;
  Target target;
  unsigned wave_size;
  Operation& operation;

  const Operand& operand(std::size_t i) const;
  /// Source i of the operation from an operand of the instruction.
  void source(std::size_t i, std::size_t operand, Type type) const;
  u16 vector_target(std::size_t operand) const;
  u16 scalar_target(std::size_t operand) const;
  bool gfx10() const { return target == Target::gfx1030; }
};

using Bind = void (*)(const Binding&);

/// How an instruction is executed.
struct Entry {
  Handler run = nullptr;
  Bind bind = nullptr;
  Type result = Type::none;
  std::array<Type, 4> sources{};
  u8 count = 0;       ///< of the sources; of words for scalar loads
  Element element{};  ///< of a memory access
};

/// Throws Unknown for a modifier with another name.
void expect_modifiers(const Binding& binding, std::initializer_list<std::string_view> names);

}  // namespace mlacheck::amd
