// Names of registers, as the assembler spells them.
#pragma once

#include <string>
#include <string_view>

namespace mlacheck::amd {

/// A scalar register with a name of its own. `index` is one of ScalarRegister, `count` in words.
struct SpecialRegister {
  std::string_view name;
  unsigned index;
  unsigned count;
};

/// The one of this name: "vcc", "vcc_lo", "m0"; null for another text.
const SpecialRegister* special_register(std::string_view name);

/// The name of one word: "vcc_lo"; empty if the register has none of its own.
std::string_view special_name(unsigned index);

/// One word of a register file: "v5", "a0" (number 256), "s3", "vcc_lo".
std::string name_of_word(bool vector, unsigned index);

/// Registers from `index` on, as an operand: "v5", "a[0:3]", "s[4:5]".
std::string name_of_words(bool vector, unsigned index, unsigned count);

}  // namespace mlacheck::amd
