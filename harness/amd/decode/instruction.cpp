#include "harness/amd/decode/instruction.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "harness/amd/decode/register_names.hpp"

namespace mlacheck::amd {
namespace {

constexpr std::string_view kBlanks = " \t";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::optional<i64> integer(std::string_view text) {
  const bool negative = take_prefix(text, "-");
  const int base = take_prefix(text, "0x") ? 16 : 10;
  u64 value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return static_cast<i64>(negative ? 0 - value : value);
}

// "5" or "[5:8]" after the letter of a register file.
bool parse_range(std::string_view text, Operand& operand) {
  i64 first = 0;
  i64 last = 0;
  if (take_prefix(text, "[")) {
    if (!text.ends_with(']')) return false;
    text.remove_suffix(1);
    const std::size_t colon = text.find(':');
    const auto begin = integer(text.substr(0, colon));
    const auto end = colon == std::string_view::npos ? begin : integer(text.substr(colon + 1));
    if (!begin || !end) return false;
    first = *begin;
    last = *end;
  } else {
    if (text.empty() || text[0] < '0' || text[0] > '9') return false;
    const auto number = integer(text);
    if (!number) return false;
    first = last = *number;
  }
  if (first < 0 || last < first || last > 255) return false;
  operand.index = static_cast<unsigned>(first);
  operand.count = static_cast<unsigned>(last - first + 1);
  return true;
}

constexpr auto kApertures = std::to_array<std::string_view>(
    {"src_shared_base", "src_shared_limit", "src_private_base", "src_private_limit", "shared_base",
     "shared_limit", "private_base", "private_limit"});

bool parse_register(std::string_view text, Operand& operand) {
  if (const SpecialRegister* const special = special_register(text)) {
    operand.kind = Operand::Kind::scalar;
    operand.index = special->index;
    operand.count = special->count;
    return true;
  }
  std::string_view rest = text;
  if (take_prefix(rest, "ttmp") && parse_range(rest, operand)) {
    operand.kind = Operand::Kind::scalar;
    operand.index += ScalarRegister::kTrap;
    return true;
  }
  rest = text.substr(std::min<std::size_t>(1, text.size()));
  if (text.starts_with('s') && parse_range(rest, operand)) {
    operand.kind = Operand::Kind::scalar;
    return true;
  }
  if ((text.starts_with('v') || text.starts_with('a')) && parse_range(rest, operand)) {
    operand.kind = Operand::Kind::vector;
    if (text.starts_with('a')) operand.index += 256;
    return true;
  }
  return false;
}

bool parse_constant(std::string_view text, Operand& operand) {
  if (const auto number = integer(text)) {
    operand.kind = Operand::Kind::number;
    operand.number = *number;
    operand.literal = text.find("0x") != std::string_view::npos;
    return true;
  }
  if (text.find('.') == std::string_view::npos) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), operand.real);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  operand.kind = Operand::Kind::real;
  return true;
}

bool enclosed(std::string_view& text, std::string_view begin, std::string_view end) {
  if (text.size() <= begin.size() + end.size()) return false;
  if (!text.starts_with(begin) || !text.ends_with(end)) return false;
  text = text.substr(begin.size(), text.size() - begin.size() - end.size());
  return true;
}

Operand parse_operand(std::string_view text) {
  Operand operand;
  operand.text = std::string(text);
  if (parse_constant(text, operand)) return operand;
  if (enclosed(text, "neg(", ")")) {
    operand.negated = true;
  } else if (text.starts_with('-')) {
    operand.negated = true;
    text.remove_prefix(1);
  }
  if (enclosed(text, "|", "|") || enclosed(text, "abs(", ")")) operand.absolute = true;
  if (enclosed(text, "sext(", ")")) operand.sign_extended = true;
  if (parse_register(text, operand) || parse_constant(text, operand)) return operand;
  if (text == "null") {
    operand.kind = Operand::Kind::null;
  } else if (text == "off") {
    operand.kind = Operand::Kind::off;
  } else if (std::ranges::find(kApertures, text) != kApertures.end()) {
    operand.kind = Operand::Kind::aperture;
    operand.text = std::string(text);
  } else {
    operand.kind = Operand::Kind::other;
  }
  return operand;
}

// A word after the operands: "glc", "offset:8", "op_sel:[0,1]", "dst_sel:WORD_1".
std::optional<Modifier> parse_modifier(std::string_view text) {
  Modifier modifier;
  const std::size_t colon = text.find(':');
  modifier.name = std::string(text.substr(0, colon));
  if (colon == std::string_view::npos) return modifier;
  std::string_view value = text.substr(colon + 1);
  if (enclosed(value, "[", "]")) {
    while (!value.empty()) {
      const std::size_t comma = value.find(',');
      const auto number = integer(trimmed(value.substr(0, comma)));
      if (!number) return std::nullopt;
      modifier.numbers.push_back(*number);
      value = comma == std::string_view::npos ? std::string_view() : value.substr(comma + 1);
    }
  } else if (const auto number = integer(value)) {
    modifier.numbers.push_back(*number);
  } else {
    modifier.word = std::string(value);
  }
  return modifier;
}

// Splits at the separator, outside of brackets.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    if (at == text.size() || (depth == 0 && text[at] == separator)) {
      const std::string_view part = trimmed(text.substr(begin, at - begin));
      if (!part.empty()) parts.push_back(part);
      begin = at + 1;
    } else if (text[at] == '[' || text[at] == '(') {
      ++depth;
    } else if (text[at] == ']' || text[at] == ')') {
      --depth;
    }
  }
  return parts;
}

void strip_suffix(Instruction& instruction) {
  struct Suffix {
    std::string_view text;
    Instruction::Form form;
    bool e64;
  };
  constexpr auto suffixes = std::to_array<Suffix>({
      {"_e64_dpp", Instruction::Form::dpp, true},
      {"_e32", Instruction::Form::plain, false},
      {"_e64", Instruction::Form::plain, true},
      {"_sdwa", Instruction::Form::sdwa, false},
      {"_dpp8", Instruction::Form::dpp, false},
      {"_dpp", Instruction::Form::dpp, false},
  });
  for (const Suffix& suffix : suffixes) {
    if (!instruction.mnemonic.ends_with(suffix.text)) continue;
    instruction.mnemonic.resize(instruction.mnemonic.size() - suffix.text.size());
    instruction.form = suffix.form;
    instruction.e64 = suffix.e64;
    return;
  }
}

}  // namespace

const Modifier* Instruction::modifier(std::string_view name) const {
  const auto found = std::ranges::find(modifiers, name, &Modifier::name);
  return found == modifiers.end() ? nullptr : &*found;
}

i64 Instruction::number(std::string_view name, i64 otherwise) const {
  const Modifier* const found = modifier(name);
  return found != nullptr && found->numbers.size() == 1 ? found->numbers[0] : otherwise;
}

std::optional<Instruction> parse_instruction(std::string_view text, unsigned bytes) {
  Instruction instruction;
  instruction.text = std::string(text);
  instruction.bytes = bytes;
  text = trimmed(text.substr(0, text.find("//")));
  const std::size_t blank = text.find_first_of(kBlanks);
  instruction.mnemonic = std::string(text.substr(0, blank));
  strip_suffix(instruction);
  if (blank == std::string_view::npos) return instruction;

  // Operands are separated by commas; words after the last one are modifiers.
  for (const std::string_view part : split(text.substr(blank), ',')) {
    const std::vector<std::string_view> words = split(part, ' ');
    instruction.operands.push_back(parse_operand(words[0]));
    for (std::size_t i = 1; i < words.size(); ++i) {
      auto modifier = parse_modifier(words[i]);
      if (!modifier) return std::nullopt;
      instruction.modifiers.push_back(std::move(*modifier));
    }
  }
  return instruction;
}

}  // namespace mlacheck::amd
