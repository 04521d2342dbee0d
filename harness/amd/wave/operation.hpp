// An instruction in the form in which it is executed: operands resolved, a function to run.
#pragma once

#include <array>
#include <memory>

#include "harness/amd/decode/instruction.hpp"
#include "harness/amd/wave/words.hpp"

namespace mlacheck::amd {

struct Wave;
struct Operation;
using Handler = void (*)(Wave&, const Operation&);

/// How the bits of an operand are read. `mask` is a bit for each lane, in a scalar register.
enum class Type : u8 {
  none,
  uint16,
  int16,
  float16,
  uint32,
  int32,
  float32,
  uint64,
  int64,
  float64,
  mask,
};

constexpr unsigned words_of(Type type) {
  return type == Type::uint64 || type == Type::int64 || type == Type::float64 ? 2 : 1;
}
constexpr bool is_half(Type type) {
  return type == Type::uint16 || type == Type::int16 || type == Type::float16;
}
constexpr bool is_float(Type type) {
  return type == Type::float16 || type == Type::float32 || type == Type::float64;
}

/// Part of a register that an SDWA operand names; the numbers are those of the encoding.
enum class Select : u8 { byte0, byte1, byte2, byte3, word0, word1, dword };

struct Source {
  enum class Kind : u8 {
    constant,
    scalar,
    vector,
    permuted,  ///< what a DPP control made of the register: Wave::permuted
  };
  Kind kind = Kind::constant;
  Type type = Type::none;
  bool modified : 1 = false;  ///< any of the four below
  bool negated : 1 = false;
  bool absolute : 1 = false;
  bool sign_extended : 1 = false;
  Select select = Select::dword;
  u16 index = 0;
  u64 value = 0;  ///< of a constant: the bits that the instruction reads
};

/// Results that nobody wants go to these registers, behind the ones that instructions can name.
inline constexpr u16 kNoScalar = 254;

/// A DPP control.
struct Permutation {
  std::array<std::int16_t, 64> from{};  ///< lane that each lane reads; negative: none
  u64 writable = ~u64{0};               ///< lanes that row_mask and bank_mask leave enabled
  bool zero = false;                    ///< bound_ctrl: a lane without a source reads 0
  bool fetch_inactive = false;          ///< fi: lanes that EXEC disables are read like the others
  u16 index = 0;                        ///< register that is read
  u8 words = 1;
};

/// What one lane of a memory instruction moves.
struct Element {
  u8 bytes = 4;  ///< in memory
  bool sign_extended = false;
  enum class Part : u8 {
    whole,
    low,
    high
  } part = Part::whole;  ///< of the register; the rest is kept
};

struct Operation {
  Handler run = nullptr;
  Handler inner = nullptr;  ///< what a wrapper in `run` calls
  std::array<Source, 5> source{};
  u16 target = 0;       ///< vector or scalar register, by the instruction
  u16 mask_target = 0;  ///< scalar register: carry out, result of a comparison
  u8 count = 1;         ///< words of a scalar load
  Element element;      ///< of a memory access
  u32 bytes = 4;        ///< of the instruction
  i64 offset = 0;       ///< of a branch, in bytes, or of an address
  i64 offset1 = 0;      ///< second of the ds instructions with two
  u32 flags = 0;        ///< glc and its like; what they mean is the handler's
  // Of the vector instructions:
  u8 op_sel = 0;
  u8 op_sel_hi = 7;
  u8 neg_lo = 0;
  u8 neg_hi = 0;
  bool special_write = false;  ///< one of the fields below is set
  bool clamp = false;
  u8 output_modifier = 0;  ///< 1: times 2, 2: times 4, 3: divided by 2
  Type result = Type::none;
  Select target_select = Select::dword;
  enum class Unused : u8 { pad, sign_extend, preserve } unused = Unused::pad;
  std::shared_ptr<const Permutation> permutation;
  std::shared_ptr<const Instruction> instruction;
};

}  // namespace mlacheck::amd
