#include "harness/amd/wave/failure.hpp"

#include "harness/amd/code_object/source_lines.hpp"
#include "harness/amd/wave/wave.hpp"

namespace mlacheck::amd {

std::string place_of(const Wave& wave, u64 pc) {
  const BlockState& state = *wave.block;
  const Kernel& kernel = *state.kernel;
  std::string text = "kernel " + kernel.name + " (" + std::string(name_of(kernel.target)) + ")";
  text += ", block (" + std::to_string(state.block[0]) + ", " + std::to_string(state.block[1]) +
          ", " + std::to_string(state.block[2]) + "), wave " + std::to_string(wave.number);
  text += ", instruction at offset " + hexadecimal(pc - kernel.code_begin) + " of its code";
  if (pc >= kernel.entry) text += " (entry + " + hexadecimal(pc - kernel.entry) + ")";
  if (kernel.lines != nullptr) {
    if (const auto line = kernel.lines->at(pc - kernel.image)) text += ", source " + *line;
  }
  return text;
}

void fail(const Wave& wave, const Operation& operation, Fault::Kind kind, const std::string& what,
          std::optional<unsigned> lane) {
  std::string text = what + ": '" + operation.instruction->text + "', ";
  if (lane) text += "lane " + std::to_string(*lane) + ", ";
  throw Failure{{kind, text + place_of(wave, wave.pc - operation.bytes)}};
}

}  // namespace mlacheck::amd
