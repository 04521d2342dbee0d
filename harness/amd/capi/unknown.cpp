#include "harness/amd/capi/unknown.hpp"

#include <map>
#include <span>

#include "harness/amd/decode/bind.hpp"
#include "harness/amd/decode/disassembler.hpp"
#include "harness/amd/decode/table.hpp"

namespace mlacheck::amd {

std::string unknown_instructions(const Kernel& kernel) {
  struct Seen {
    unsigned count = 0;
    std::string reason;
  };
  std::map<std::string, Seen> unknown;
  const auto note = [&unknown](const std::string& mnemonic, const std::string& reason) {
    Seen& seen = unknown[mnemonic];
    if (seen.count++ == 0) seen.reason = reason;
  };
  Disassembler disassembler(kernel.target);
  u64 pc = kernel.entry;
  while (pc < kernel.code_end) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the image is mapped where the kernel says
    const auto* const code = reinterpret_cast<const u8*>(pc);
    const auto line = disassembler.at(std::span(code, kernel.code_end - pc), pc);
    if (!line) {
      note("?", "LLVM's disassembler knows no such instruction");
      pc += 4;
      continue;
    }
    pc += line->bytes;
    const auto instruction = parse_instruction(line->text, line->bytes);
    if (!instruction) {
      note(line->text.substr(0, line->text.find(' ')), "the text is not understood");
      continue;
    }
    try {
      bind_operation(*instruction, kernel.target, kernel.wave_size);
    } catch (const Unknown& reason) {
      note(instruction->mnemonic, reason.reason);
    }
  }
  std::string text;
  for (const auto& [mnemonic, seen] : unknown) {
    text += std::to_string(seen.count) + "\t" + mnemonic + "\t" + seen.reason + "\n";
  }
  return text;
}

}  // namespace mlacheck::amd
