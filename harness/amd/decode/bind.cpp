#include "harness/amd/decode/bind.hpp"

#include <algorithm>

#include "harness/amd/vector/half.hpp"
#include "harness/amd/wave/wave.hpp"

namespace mlacheck::amd {
namespace {

u64 constant_bits(const Operand& operand, Type type) {
  if (operand.kind == Operand::Kind::real) {
    switch (type) {
      case Type::uint64:
      case Type::int64:
      case Type::float64:
        return std::bit_cast<u64>(operand.real);
      case Type::uint16:
      case Type::int16:
      case Type::float16:
        return to_half(static_cast<float>(operand.real)).bits;
      default:
        return std::bit_cast<u32>(static_cast<float>(operand.real));
    }
  }
  const u64 number = static_cast<u64>(operand.number);
  if (operand.literal) {
    // 32 bits of code: the upper half of a double, sign-extended for a signed number.
    if (type == Type::float64) return number << 32;
    if (type == Type::int64) return static_cast<u64>(i64{static_cast<i32>(low_word(number))});
    return low_word(number);
  }
  return words_of(type) == 2 || type == Type::mask ? number : low_word(number);
}

u64 aperture_bits(const Operand& operand, Type type) {
  const bool shared = operand.text.find("shared") != std::string::npos;
  const bool limit = operand.text.find("limit") != std::string::npos;
  const u64 bits = (shared ? kSharedAperture : kPrivateAperture) | (limit ? 0xffff'ffff : 0);
  return words_of(type) == 2 ? bits : high_word(bits);
}

}  // namespace

const Operand& Binding::operand(std::size_t i) const {
  if (i >= instruction.operands.size()) throw Unknown{"it has too few operands"};
  return instruction.operands[i];
}

void Binding::source(std::size_t i, std::size_t number, Type type) const {
  const Operand& from = operand(number);
  Source& to = operation.source.at(i);
  to = Source{};
  to.type = type;
  to.negated = from.negated;
  to.absolute = from.absolute;
  to.sign_extended = from.sign_extended;
  to.modified = from.negated || from.absolute || from.sign_extended;
  const unsigned words = type == Type::mask ? wave_size / 32 : words_of(type);
  switch (from.kind) {
    case Operand::Kind::scalar:
    case Operand::Kind::vector:
      to.kind = from.kind == Operand::Kind::scalar ? Source::Kind::scalar : Source::Kind::vector;
      to.index = static_cast<u16>(from.index);
      // A register pair may stand where one word is read, never the reverse.
      if (from.count < words) throw Unknown{"operand '" + from.text + "' is too narrow"};
      break;
    case Operand::Kind::number:
    case Operand::Kind::real:
      to.value = constant_bits(from, type);
      break;
    case Operand::Kind::aperture:
      to.value = aperture_bits(from, type);
      break;
    case Operand::Kind::null:
      break;
    default:
      throw Unknown{"operand '" + from.text + "' is not understood"};
  }
}

u16 Binding::vector_target(std::size_t i) const {
  const Operand& to = operand(i);
  if (to.kind != Operand::Kind::vector) {
    throw Unknown{"operand '" + to.text + "' is no vector register"};
  }
  return static_cast<u16>(to.index);
}

u16 Binding::scalar_target(std::size_t i) const {
  const Operand& to = operand(i);
  if (to.kind == Operand::Kind::null) return kNoScalar;
  if (to.kind != Operand::Kind::scalar) {
    throw Unknown{"operand '" + to.text + "' is no scalar register"};
  }
  if (wave_size == 32 && to.index + to.count > ScalarRegister::kExec + 1 &&
      to.index < ScalarRegister::kScc) {
    throw Unknown{"a wave of 32 lanes has no exec_hi"};
  }
  return static_cast<u16>(to.index);
}

void expect_modifiers(const Binding& binding, std::initializer_list<std::string_view> names) {
  for (const Modifier& modifier : binding.instruction.modifiers) {
    if (std::ranges::find(names, modifier.name) == names.end()) {
      throw Unknown{"modifier '" + modifier.name + "' is not understood"};
    }
  }
}

}  // namespace mlacheck::amd
