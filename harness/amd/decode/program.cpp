#include "harness/amd/decode/program.hpp"

#include <map>
#include <memory>
#include <stdexcept>

#include "harness/amd/decode/table.hpp"
#include "harness/amd/wave/failure.hpp"

namespace mlacheck::amd {
namespace {

Disassembler& disassembler_for(Target target) {
  static std::map<Target, std::unique_ptr<Disassembler>> all;
  auto& one = all[target];
  if (one == nullptr) one = std::make_unique<Disassembler>(target);
  return *one;
}

// A text section is shared by kernels of one wave size: code objects are compiled for one.
std::map<std::pair<u64, unsigned>, std::unique_ptr<Program>>& programs() {
  static std::map<std::pair<u64, unsigned>, std::unique_ptr<Program>> all;
  return all;
}

}  // namespace

Program::Program(const Kernel& kernel)
    : target_(kernel.target),
      wave_size_(kernel.wave_size),
      begin_(kernel.code_begin),
      operations_((kernel.code_end - kernel.code_begin) / 4) {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") ||
      !__builtin_cpu_supports("f16c")) {
    throw std::runtime_error("the interpreter needs a processor with AVX2, FMA and F16C");
  }
}

void Program::outside(u64 pc) const {
  throw Failure{{Fault::Kind::memory, "the program counter " + hexadecimal(pc) +
                                          " is outside the code object's text section [" +
                                          hexadecimal(begin_) + ", " +
                                          hexadecimal(begin_ + 4 * operations_.size()) + ")"}};
}

const Operation& Program::decode(u64 pc) {
  const u64 word = (pc - begin_) / 4;
  const auto* at = reinterpret_cast<const u8*>(pc);  // NOLINT(performance-no-int-to-ptr)
  const std::span<const u8> code(at, 4 * (operations_.size() - word));
  const auto line = disassembler_for(target_).at(code, pc);
  if (!line) {
    const u32 bits = u32{code[0]} | u32{code[1]} << 8 | u32{code[2]} << 16 | u32{code[3]} << 24;
    throw Failure{{Fault::Kind::unknown_instruction,
                   "LLVM's disassembler knows no instruction " + hexadecimal(bits)}};
  }
  const auto instruction = parse_instruction(line->text, line->bytes);
  if (!instruction) {
    throw Failure{
        {Fault::Kind::unknown_instruction, "the text '" + line->text + "' is not understood"}};
  }
  try {
    operations_[word] = &decoded_.emplace_back(bind_operation(*instruction, target_, wave_size_));
  } catch (const Unknown& unknown) {
    throw Failure{{Fault::Kind::unknown_instruction,
                   "the interpreter cannot execute '" + line->text + "': " + unknown.reason}};
  }
  return *operations_[word];
}

Program& program_of(const Kernel& kernel) {
  auto& program = programs()[{kernel.code_begin, kernel.wave_size}];
  if (program == nullptr) program = std::make_unique<Program>(kernel);
  return *program;
}

void forget_program(u64 code_begin) {
  programs().erase({code_begin, 32});
  programs().erase({code_begin, 64});
}

}  // namespace mlacheck::amd
