// v_permlane16 and v_permlanex16, gfx1030: each lane reads the lane of its row of 16, or of the row beside
// it, that its four bits of two scalar operands name.
#include "harness/amd/vector/gfx1030_families.hpp"
#include "harness/amd/vector/lanes.hpp"
#include "harness/amd/wave/each_lane.hpp"
#include "harness/amd/wave/scalars.hpp"

namespace mlacheck::amd {
namespace {

// op_sel: 1, lanes that EXEC disables are read like the others; 2, else they give 0 and not the old value.
constexpr u8 kFetchInactive = 1;
constexpr u8 kZero = 2;

template <bool OtherRow>
void run_permute(Wave& wave, const Operation& operation) {
  const auto from = wave.vector[operation.source[0].index];
  const u64 lanes =
      joined(scalar32(wave, operation.source[1]), scalar32(wave, operation.source[2]));
  const u64 exec = wave.exec();
  each_lane(exec, [&](unsigned lane) {
    const unsigned row = (lane & ~15U) ^ (OtherRow ? 16U : 0U);
    const unsigned source = row + static_cast<unsigned>(lanes >> (lane % 16 * 4) & 15U);
    const bool readable = (operation.op_sel & kFetchInactive) != 0 || (exec >> source & 1U) != 0;
    if (readable) {
      wave.vector[operation.target][lane] = from[source];
    } else if ((operation.op_sel & kZero) != 0) {
      wave.vector[operation.target][lane] = 0;
    }
  });
}

void bind_permute(const Binding& binding) {
  expect_modifiers(binding, {"op_sel"});
  binding.operation.target = binding.vector_target(0);
  for (std::size_t i = 0; i < 3; ++i) binding.source(i, 1 + i, Type::uint32);
  if (binding.operation.source[0].kind != Source::Kind::vector)
    throw Unknown{"operand '" + binding.operand(1).text + "' is no vector register"};
  if (const Modifier* const chosen = binding.instruction.modifier("op_sel")) {
    if (chosen->numbers.size() != 2) throw Unknown{"op_sel has not two numbers"};
    binding.operation.op_sel = static_cast<u8>((chosen->numbers[0] != 0 ? kFetchInactive : 0) |
                                               (chosen->numbers[1] != 0 ? kZero : 0));
  }
}

template <bool OtherRow>
constexpr Entry permute() {
  return {&run_permute<OtherRow>,
          &bind_permute,
          Type::uint32,
          {Type::uint32, Type::uint32, Type::uint32},
          3};
}

}  // namespace

void add_permlane(Table& table) {
  table.add("v_permlane16_b32", permute<false>());
  table.add("v_permlanex16_b32", permute<true>());
}

}  // namespace mlacheck::amd
