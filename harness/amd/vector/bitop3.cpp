// Any bitwise function of three operands, gfx950. The eight bits of "bitop3" are its truth table: bit
// 4 a + 2 b + c is the result where the operands' bits are a, b and c.
#include <algorithm>

#include "harness/amd/vector/families.hpp"
#include "harness/amd/vector/lanes.hpp"

namespace mlacheck::amd {
namespace {

u32 combined(u32 table, u32 a, u32 b, u32 c) {
  u32 result = 0;
  for (u32 row = 0; row < 8; ++row) {
    if ((table >> row & 1U) == 0) continue;
    result |= ((row & 4U) != 0 ? a : ~a) & ((row & 2U) != 0 ? b : ~b) & ((row & 1U) != 0 ? c : ~c);
  }
  return result;
}

void run_bitop3(Wave& wave, const Operation& operation) {
  for (unsigned half = 0; half < 2; ++half) {
    const u32 mask = enabled(wave, half);
    if (mask == 0) continue;
    std::array<Lanes, 3> in;
    for (std::size_t i = 0; i < 3; ++i) fetch<u32>(wave, operation.source[i], half, in[i]);
    alignas(64) std::array<u32, kHalf> result;
    for (unsigned l = 0; l < kHalf; ++l) {
      result[l] = combined(operation.flags, in[0].low[l], in[1].low[l], in[2].low[l]);
    }
    write<u32>(wave, operation, half, mask, result.data(), nullptr);
  }
}

// Of halves, op_sel picks those of the sources and that of the target; the target's other one is kept.
void bind_halves(const Binding& binding) {
  Operation& operation = binding.operation;
  std::array<i64, 4> chosen{};
  if (const Modifier* const modifier = binding.instruction.modifier("op_sel")) {
    if (modifier->numbers.size() != chosen.size()) throw Unknown{"op_sel has not four numbers"};
    std::ranges::copy(modifier->numbers, chosen.begin());
  }
  for (std::size_t i = 0; i < 3; ++i) {
    Source& source = operation.source.at(i);
    source.select = chosen.at(i) != 0 ? Select::word1 : Select::word0;
    source.modified = true;
  }
  operation.target_select = chosen[3] != 0 ? Select::word1 : Select::word0;
  operation.unused = Operation::Unused::preserve;
  operation.special_write = true;
}

void bind_bitop3(const Binding& binding) {
  const bool halves = binding.entry.result == Type::uint16;
  expect_modifiers(binding, {"bitop3", "op_sel"});
  if (!halves && binding.instruction.modifier("op_sel") != nullptr)
    throw Unknown{"op_sel of words"};
  Operation& operation = binding.operation;
  operation.target = binding.vector_target(0);
  for (std::size_t i = 0; i < 3; ++i) binding.source(i, 1 + i, binding.entry.sources.at(i));
  operation.flags = static_cast<u32>(binding.instruction.number("bitop3")) & 0xffU;
  if (halves) bind_halves(binding);
}

}  // namespace

void add_bitop3(Table& table) {
  const auto entry = [](Type type) {
    return Entry{&run_bitop3, &bind_bitop3, type, {type, type, type}, 3};
  };
  table.add("v_bitop3_b32", entry(Type::uint32));
  table.add("v_bitop3_b16", entry(Type::uint16));
}

}  // namespace mlacheck::amd
