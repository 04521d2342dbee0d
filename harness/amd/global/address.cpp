#include "harness/amd/global/address.hpp"

#include "harness/amd/wave/scalars.hpp"

namespace mlacheck::amd {

Buffer buffer_of(const Wave& wave, const Operation& operation) {
  const unsigned first = operation.source[kBase].index;
  const u32 word1 = wave.scalar[first + 1];
  Buffer buffer;
  buffer.base = joined(wave.scalar[first], word1 & 0xffffU);
  buffer.stride = word1 >> 16 & 0x3fffU;
  buffer.records = wave.scalar[first + 2];
  const bool swizzle = word1 >> 31 != 0;
  const bool add_lane = (wave.scalar[first + 3] >> 23 & 1U) != 0;
  buffer.swizzled = swizzle && add_lane;
  return buffer;
}

i64 buffer_offset(const Wave& wave, const Operation& operation, const Buffer& buffer,
                  unsigned lane) {
  const Source& address = operation.source[kAddress];
  i64 sum = operation.offset + i64{scalar32(wave, operation.source[kOffset])};
  unsigned next = address.index;
  if ((operation.flags & kIdxen) != 0) sum += i64{buffer.stride} * wave.vector[next++][lane];
  if ((operation.flags & kOffen) != 0) sum += wave.vector[next][lane];
  return sum;
}

std::size_t bind_address(const Binding& binding, Space space, std::size_t first) {
  Source& address = binding.operation.source[kAddress];
  const Operand& operand = binding.operand(first);
  if (operand.kind != Operand::Kind::off) {
    address.kind = Source::Kind::vector;
    address.index = binding.vector_target(first);
    address.type = operand.count == 2 && space != Space::buffer ? Type::uint64 : Type::uint32;
    if (space == Space::flat && address.type != Type::uint64)
      throw Unknown{"its address has one word"};
  } else if (space == Space::flat) {
    throw Unknown{"it has no address"};
  }
  return first + 1;
}

std::size_t bind_base(const Binding& binding, Space space, std::size_t first) {
  Operation& operation = binding.operation;
  if (space == Space::flat) return first;
  Source& base = operation.source[kBase];
  const Operand& operand = binding.operand(first);
  if (operand.kind != Operand::Kind::off) {
    base.kind = Source::Kind::scalar;
    base.index = binding.scalar_target(first);
    const unsigned words = space == Space::buffer ? 4 : space == Space::global ? 2 : 1;
    if (operand.count != words) throw Unknown{"base '" + operand.text + "' has another width"};
    base.type = space == Space::global ? Type::uint64 : Type::uint32;
  }
  if (space == Space::global && base.type == Type::none &&
      operation.source[kAddress].type != Type::uint64) {
    throw Unknown{"its address has one word, without a base"};
  }
  if (space != Space::buffer) return first + 1;
  if (operand.kind == Operand::Kind::off) throw Unknown{"it has no buffer"};
  binding.source(kOffset, first + 1, Type::uint32);
  return first + 2;
}

void bind_offset(const Binding& binding, Space space) {
  // glc, slc, dlc, scc and nt are about caches; of an atomic, glc asks for the value before.
  expect_modifiers(
      binding, {"offset", "glc", "slc", "dlc", "scc", "nt", "sc0", "sc1", "offen", "idxen", "lds"});
  Operation& operation = binding.operation;
  operation.offset = binding.instruction.number("offset");
  const bool offen = binding.instruction.modifier("offen") != nullptr;
  const bool idxen = binding.instruction.modifier("idxen") != nullptr;
  if (space != Space::buffer) return;
  operation.flags |= (offen ? kOffen : 0U) | (idxen ? kIdxen : 0U);
  const bool has_address = operation.source[kAddress].type != Type::none;
  if (has_address != (offen || idxen)) throw Unknown{"its address and its modifiers do not agree"};
}

}  // namespace mlacheck::amd
