// s_set_gpr_idx_on and _off: between them, vector registers that an instruction names are counted from M0.
//
// The handler runs the instructions in between itself, each with its operands moved, so that no other
// handler has to look for the mode.
#include "harness/amd/decode/program.hpp"
#include "harness/amd/scalar/families.hpp"
#include "harness/amd/wave/failure.hpp"
#include "harness/amd/wave/scalars.hpp"
#include "harness/amd/wave/vector_count.hpp"

namespace mlacheck::amd {
namespace {

constexpr u32 kTarget = 8;  ///< bits 0 to 2 are the sources

void move(const Wave& wave, const Operation& operation, u16& index, u32 by) {
  index = counted_register(wave, operation, index, by);
}

void run_indexed(Wave& wave, const Operation& operation, u32 mode) {
  const u32 by = wave.scalar[ScalarRegister::kM0] & 0xffU;
  Operation moved = operation;
  for (std::size_t i = 0; i < 3; ++i) {
    Source& source = moved.source.at(i);
    if ((mode >> i & 1U) != 0 && source.kind == Source::Kind::vector)
      move(wave, operation, source.index, by);
  }
  if ((mode & kTarget) != 0) move(wave, operation, moved.target, by);
  moved.run(wave, moved);
}

// M0 takes the index in bits 0-7 and the mode in bits 12-15, which is what the hardware does.
void run_on(Wave& wave, const Operation& operation) {
  const u32 mode = static_cast<u32>(operation.offset);
  const u32 before = wave.scalar[ScalarRegister::kM0];
  wave.scalar[ScalarRegister::kM0] =
      (before & 0xffff'0f00U) | (scalar32(wave, operation.source[0]) & 0xffU) | mode << 12;
  Program& program = program_of(*wave.block->kernel);
  while (true) {
    const Operation& next = program.at(wave.pc);
    const std::string& name = next.instruction->mnemonic;
    wave.pc += next.bytes;
    if (name == "s_set_gpr_idx_off") return;
    if (name == "s_nop") continue;
    if (!name.starts_with("v_") || name.starts_with("v_mfma") || next.permutation != nullptr ||
        next.instruction->form != Instruction::Form::plain) {
      fail(wave, next, Fault::Kind::unknown_instruction,
           "not understood between s_set_gpr_idx_on and _off");
    }
    run_indexed(wave, next, mode);
  }
}

void bind_on(const Binding& binding) {
  binding.source(0, 0, Type::uint32);
  const Operand& operand = binding.operand(1);
  u32 mode = 0;
  if (operand.kind == Operand::Kind::number) {
    mode = static_cast<u32>(operand.number);
  } else {
    constexpr std::array<std::string_view, 4> kNames{"SRC0", "SRC1", "SRC2", "DST"};
    std::string_view text = operand.text;
    if (!text.starts_with("gpr_idx(") || !text.ends_with(')')) {
      throw Unknown{"operand '" + operand.text + "' is not understood"};
    }
    text = text.substr(8, text.size() - 9);
    while (!text.empty()) {
      const std::string_view name = text.substr(0, text.find(','));
      u32 bit = 0;
      while (bit < kNames.size() && kNames.at(bit) != name) ++bit;
      if (bit == kNames.size()) throw Unknown{"operand '" + operand.text + "' is not understood"};
      mode |= 1U << bit;
      text = name.size() == text.size() ? std::string_view() : text.substr(name.size() + 1);
    }
  }
  binding.operation.offset = mode;
}

// Reached only where no s_set_gpr_idx_on came before: nothing is to be switched off.
void run_off(Wave&, const Operation&) {}
void bind_off(const Binding&) {}

}  // namespace

void add_register_index(Table& table) {
  table.add("s_set_gpr_idx_on", {&run_on, &bind_on, Type::none, {}, 0});
  table.add("s_set_gpr_idx_off", {&run_off, &bind_off, Type::none, {}, 0});
}

}  // namespace mlacheck::amd
