// v_movrel*, gfx1030: moves whose registers are counted from M0.
#include "harness/amd/vector/gfx1030_families.hpp"
#include "harness/amd/vector/lanes.hpp"
#include "harness/amd/wave/each_lane.hpp"
#include "harness/amd/wave/scalars.hpp"
#include "harness/amd/wave/vector_count.hpp"

namespace mlacheck::amd {
namespace {

template <bool Source, bool Target>
void run_move(Wave& wave, const Operation& operation) {
  const u32 by = wave.scalar[ScalarRegister::kM0];
  const u16 to =
      Target ? counted_register(wave, operation, operation.target, by) : operation.target;
  const auto& source = operation.source[0];
  if (source.kind != mlacheck::amd::Source::Kind::vector) {
    const u32 value = scalar32(wave, source);
    return each_lane(wave.exec(), [&](unsigned lane) { wave.vector[to][lane] = value; });
  }
  const u16 from = Source ? counted_register(wave, operation, source.index, by) : source.index;
  each_lane(wave.exec(), [&](unsigned lane) { wave.vector[to][lane] = wave.vector[from][lane]; });
}

void bind_move(const Binding& binding) {
  expect_modifiers(binding, {});
  binding.operation.target = binding.vector_target(0);
  binding.source(0, 1, Type::uint32);
}

template <bool Source, bool Target>
constexpr Entry move() {
  return {&run_move<Source, Target>, &bind_move, Type::uint32, {Type::uint32}, 1};
}

}  // namespace

void add_relative_moves(Table& table) {
  table.add("v_movreld_b32", move<false, true>());
  table.add("v_movrels_b32", move<true, false>());
  table.add("v_movrelsd_b32", move<true, true>());
}

}  // namespace mlacheck::amd
