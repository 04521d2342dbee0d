#include "harness/amd/vector/lanes.hpp"

#include <algorithm>

#include "harness/amd/vector/permute.hpp"

namespace mlacheck::amd {
namespace {

u32 selected(u32 word, Select select, bool sign_extend) {
  const auto number = static_cast<unsigned>(select);
  if (select == Select::dword) return word;
  const bool byte = number <= static_cast<unsigned>(Select::byte3);
  const unsigned width = byte ? 8 : 16;
  const unsigned shift = byte ? 8 * number : 16 * (number - static_cast<unsigned>(Select::word0));
  const u32 part = (word >> shift) & ((1U << width) - 1);
  return sign_extend ? as_unsigned(sign_extended(part, width)) : part;
}

// The sign of a number in the low bits of a word.
u32 sign_bit(Type type) { return is_half(type) ? 0x8000U : 0x8000'0000U; }

}  // namespace

void fetch_other(const Wave& wave, const Source& source, unsigned half, Lanes& lanes) {
  const unsigned words = words_of(source.type);
  lanes.low = &lanes.buffer[0][0];
  lanes.high = &lanes.buffer[1][0];
  for (unsigned w = 0; w < words; ++w) {
    u32* const buffer = &lanes.buffer[w][0];
    switch (source.kind) {
      case Source::Kind::constant:
        std::fill_n(buffer, kHalf, w == 0 ? low_word(source.value) : high_word(source.value));
        break;
      case Source::Kind::scalar:
        std::fill_n(buffer, kHalf, wave.scalar[source.index + w]);
        break;
      case Source::Kind::vector:
        std::copy_n(&wave.vector[source.index + w][half * kHalf], kHalf, buffer);
        break;
      case Source::Kind::permuted:
        std::copy_n(&wave.permuted[w][half * kHalf], kHalf, buffer);
        break;
    }
  }
  if (!source.modified) return;
  if (source.select != Select::dword || source.sign_extended) {
    for (u32& word : lanes.buffer[0]) word = selected(word, source.select, source.sign_extended);
  }
  // Of a value of two words, the sign is in the second.
  const u32 sign = sign_bit(source.type);
  for (u32& word : lanes.buffer[words - 1]) {
    if (source.absolute) word &= ~sign;
    if (source.negated) word ^= sign;
  }
}

namespace {

float output_modified(float value, unsigned modifier) {
  switch (modifier) {
    case 1:
      return value * 2;
    case 2:
      return value * 4;
    case 3:
      return value / 2;
    default:
      return value;
  }
}

// NaN becomes 0.
template <class T>
T clamped(T value) {
  return value > T{0} ? std::min(value, T{1}) : T{0};
}

void adjust(const Operation& operation, u32* low, u32* high) {
  for (unsigned i = 0; i < kHalf; ++i) {
    if (operation.result == Type::float64) {
      const double value = std::bit_cast<double>(joined(low[i], high[i]));
      const u64 bits = std::bit_cast<u64>(operation.clamp ? clamped(value) : value);
      low[i] = low_word(bits);
      high[i] = high_word(bits);
    } else if (operation.result == Type::float16) {
      float value =
          output_modified(to_float({static_cast<u16>(low[i])}), operation.output_modifier);
      if (operation.clamp) value = clamped(value);
      low[i] = to_half(value).bits;
    } else {
      float value = output_modified(std::bit_cast<float>(low[i]), operation.output_modifier);
      if (operation.clamp) value = clamped(value);
      low[i] = std::bit_cast<u32>(value);
    }
  }
}

}  // namespace

void write_special(Wave& wave, const Operation& operation, unsigned half, u32 mask, u32* low,
                   u32* high) {
  if (operation.clamp || operation.output_modifier != 0) adjust(operation, low, high);
  if (operation.target_select != Select::dword) {
    const auto number = static_cast<unsigned>(operation.target_select);
    const bool byte = number <= static_cast<unsigned>(Select::byte3);
    const unsigned width = byte ? 8 : 16;
    const unsigned shift = byte ? 8 * number : 16 * (number - static_cast<unsigned>(Select::word0));
    const u32 field = (1U << width) - 1;
    for (unsigned i = 0; i < kHalf; ++i) {
      const u32 part = low[i] & field;
      u32 around = 0;
      if (operation.unused == Operation::Unused::preserve) {
        around = wave.vector[operation.target][half * kHalf + i] & ~(field << shift);
      } else if (operation.unused == Operation::Unused::sign_extend &&
                 (part & (1U << (width - 1))) != 0) {
        // The bits above the part; those below it become 0.
        around = shift + width == 32 ? 0 : ~0U << (shift + width);
      }
      low[i] = around | part << shift;
    }
  }
  write_word(wave, operation.target, half, mask, low);
  if (words_of(operation.result) == 2) write_word(wave, operation.target + 1U, half, mask, high);
}

void run_in_mode(Wave& wave, const Operation& operation, Type type) {
  // Rounding: 0 nearest, 1 up, 2 down, 3 to zero; the processor has 1 and 2 the other way round.
  constexpr std::array<unsigned, 4> kRounding{0, 2, 1, 3};
  const bool single = type == Type::float32;
  const unsigned rounding = kRounding[(wave.mode >> (single ? 0 : 2)) & 3U];
  const unsigned denormals = (wave.mode >> (single ? 4 : 6)) & 3U;
  const unsigned before = _mm_getcsr();
  // Bit 0 of the field keeps denormal sources, bit 1 denormal results.
  const unsigned flush_sources = (denormals & 1U) == 0 ? 0x40U : 0U;
  const unsigned flush_results = (denormals & 2U) == 0 ? 0x8000U : 0U;
  _mm_setcsr((before & ~0xe040U) | rounding << 13 | flush_sources | flush_results);
  wave.in_mode = true;
  const Handler volatile run = operation.run;
  run(wave, operation);
  wave.in_mode = false;
  _mm_setcsr(before);
}

// --- Operands ---

namespace {

Select select_named(const std::string& word) {
  constexpr std::array<std::string_view, 7> names{"BYTE_0", "BYTE_1", "BYTE_2", "BYTE_3",
                                                  "WORD_0", "WORD_1", "DWORD"};
  const auto found = std::ranges::find(names, word);
  if (found == names.end()) throw Unknown{"selection '" + word + "' is not understood"};
  return static_cast<Select>(found - names.begin());
}

void set_select(const Binding& binding, Source& source, std::string_view name) {
  const Modifier* const modifier = binding.instruction.modifier(name);
  if (modifier == nullptr) return;
  source.select = select_named(modifier->word);
  source.modified = source.modified || source.select != Select::dword;
}

void bind_sdwa(const Binding& binding) {
  Operation& operation = binding.operation;
  set_select(binding, operation.source[0], "src0_sel");
  set_select(binding, operation.source[1], "src1_sel");
  const Modifier* const target = binding.instruction.modifier("dst_sel");
  if (target == nullptr) return;
  operation.target_select = select_named(target->word);
  const Modifier* const unused = binding.instruction.modifier("dst_unused");
  if (unused != nullptr) {
    operation.unused = unused->word == "UNUSED_PRESERVE" ? Operation::Unused::preserve
                       : unused->word == "UNUSED_SEXT"   ? Operation::Unused::sign_extend
                                                         : Operation::Unused::pad;
  }
  operation.special_write = operation.special_write || operation.target_select != Select::dword;
}

// In 16-bit instructions of gfx10, op_sel picks the half of a source or of the target.
void bind_halves(const Binding& binding) {
  Operation& operation = binding.operation;
  const Modifier* const chosen = binding.instruction.modifier("op_sel");
  bool upper_target = false;
  if (chosen != nullptr) {
    for (std::size_t i = 0; i < chosen->numbers.size(); ++i) {
      if (chosen->numbers[i] == 0) continue;
      if (i + 1 == chosen->numbers.size()) {
        upper_target = true;
      } else if (is_half(operation.source.at(i).type)) {
        operation.source.at(i).select = Select::word1;
        operation.source.at(i).modified = true;
      } else {
        throw Unknown{"op_sel of an operand that is not 16 bits wide"};
      }
    }
  }
  if (!is_half(binding.entry.result) || binding.instruction.form == Instruction::Form::sdwa) return;
  // gfx9 clears the upper half of a 16-bit result, gfx10 keeps it.
  if (upper_target || binding.gfx10()) {
    operation.target_select = upper_target ? Select::word1 : Select::word0;
    operation.unused = Operation::Unused::preserve;
    operation.special_write = true;
  }
}

void bind_output(const Binding& binding) {
  Operation& operation = binding.operation;
  if (binding.instruction.modifier("clamp") != nullptr) {
    if (!is_float(binding.entry.result)) throw Unknown{"clamp of an integer result"};
    operation.clamp = true;
  }
  const i64 times = binding.instruction.number("mul");
  const i64 divided = binding.instruction.number("div");
  operation.output_modifier = static_cast<u8>(times == 2     ? 1
                                              : times == 4   ? 2
                                              : divided == 2 ? 3
                                                             : 0);
  operation.special_write =
      operation.special_write || operation.clamp || operation.output_modifier != 0;
}

void bind_rest(const Binding& binding) {
  bind_output(binding);
  if (binding.instruction.form == Instruction::Form::sdwa) {
    expect_modifiers(binding,
                     {"dst_sel", "dst_unused", "src0_sel", "src1_sel", "clamp", "mul", "div"});
    bind_sdwa(binding);
  }
  bind_halves(binding);
  if (binding.instruction.form == Instruction::Form::dpp) {
    bind_permutation(binding);
  } else if (binding.instruction.form == Instruction::Form::plain) {
    expect_modifiers(binding, {"clamp", "mul", "div", "op_sel"});
  }
}

void bind_sources(const Binding& binding, std::size_t first, std::size_t count) {
  if (binding.instruction.operands.size() != first + count) {
    throw Unknown{"it has " + std::to_string(binding.instruction.operands.size()) +
                  " operands, expected " + std::to_string(first + count)};
  }
  for (std::size_t i = 0; i < count; ++i) {
    binding.source(i, first + i, binding.entry.sources.at(i));
  }
}

}  // namespace

void bind_vector(const Binding& binding) {
  binding.operation.target = binding.vector_target(0);
  bind_sources(binding, 1, binding.entry.count);
  bind_rest(binding);
}

void bind_accumulating(const Binding& binding) {
  binding.operation.target = binding.vector_target(0);
  const std::size_t last = binding.entry.count - 1U;
  bind_sources(binding, 1, last);
  binding.source(last, 0, binding.entry.sources.at(last));
  bind_rest(binding);
}

void bind_comparison(const Binding& binding) {
  const bool printed = binding.instruction.operands.size() == binding.entry.count + 1U;
  binding.operation.mask_target =
      printed ? binding.scalar_target(0) : static_cast<u16>(ScalarRegister::kExec);
  bind_sources(binding, printed ? 1 : 0, binding.entry.count);
  bind_rest(binding);
}

}  // namespace mlacheck::amd
