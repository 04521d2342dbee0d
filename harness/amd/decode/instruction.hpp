// One line of assembly text, taken apart.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/amd/kernel.hpp"
#include "harness/amd/wave/words.hpp"

namespace mlacheck::amd {

/// Numbers of scalar registers as instructions encode them.
struct ScalarRegister {
  static constexpr unsigned kFlatScratch = 102;  ///< gfx9: two words
  static constexpr unsigned kXnackMask = 104;    ///< gfx9: two words
  static constexpr unsigned kVcc = 106;          ///< two words
  static constexpr unsigned kTrap = 108;         ///< ttmp0 to ttmp15
  static constexpr unsigned kM0 = 124;
  static constexpr unsigned kExec = 126;  ///< two words
  static constexpr unsigned kScc = 253;
};

struct Operand {
  enum class Kind {
    scalar,    ///< `index`, `count` words
    vector,    ///< v0 is 0, a0 is 256
    number,    ///< an integer, inline or literal
    real,      ///< an inline constant with a decimal point
    null,      ///< reads 0; what is written is lost
    off,       ///< no address register
    aperture,  ///< src_shared_base and its like; `text` is the name
    other,     ///< hwreg(...), sendmsg(...), what LLVM prints as an expression
  };
  Kind kind = Kind::other;
  unsigned index = 0;
  unsigned count = 1;
  i64 number = 0;
  bool literal = false;  ///< a number printed in hexadecimal: 32 bits as they stand in the code
  double real = 0;
  bool negated = false;
  bool absolute = false;
  bool sign_extended = false;
  std::string text;
};

struct Modifier {
  std::string name;          ///< "offset", "op_sel", "glc"
  std::vector<i64> numbers;  ///< of "offset:8" and "op_sel:[0,1]"
  std::string word;          ///< of "dst_sel:WORD_1"
};

struct Instruction {
  enum class Form { plain, sdwa, dpp };
  std::string text;
  std::string mnemonic;  ///< without the suffix of its encoding
  Form form = Form::plain;
  bool e64 = false;  ///< the suffix was _e64
  std::vector<Operand> operands;
  std::vector<Modifier> modifiers;
  unsigned bytes = 0;

  const Modifier* modifier(std::string_view name) const;
  /// The one number of a modifier; `otherwise` without it.
  i64 number(std::string_view name, i64 otherwise = 0) const;
};

/// Nothing if the text has a part that is not understood.
std::optional<Instruction> parse_instruction(std::string_view text, unsigned bytes);

}  // namespace mlacheck::amd
