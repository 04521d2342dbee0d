// Between lanes and scalar registers, and counts of lanes.
#include <bit>

#include "harness/amd/vector/families.hpp"
#include "harness/amd/vector/lanes.hpp"
#include "harness/amd/wave/scalars.hpp"

namespace mlacheck::amd {
namespace {

unsigned lane_of(const Wave& wave, u32 number) { return number & (wave.wave64 ? 63U : 31U); }

u32 word_of(const Wave& wave, const Source& source, unsigned lane) {
  return source.kind == Source::Kind::vector ? wave.vector[source.index][lane]
                                             : scalar32(wave, source);
}

void run_read_first(Wave& wave, const Operation& operation) {
  const u64 exec = wave.exec();
  const unsigned lane = exec == 0 ? 0 : static_cast<unsigned>(std::countr_zero(exec));
  wave.scalar[operation.mask_target] = word_of(wave, operation.source[0], lane);
}

void run_read_lane(Wave& wave, const Operation& operation) {
  const unsigned lane = lane_of(wave, scalar32(wave, operation.source[1]));
  wave.scalar[operation.mask_target] = word_of(wave, operation.source[0], lane);
}

// Not masked by EXEC.
void run_write_lane(Wave& wave, const Operation& operation) {
  const unsigned lane = lane_of(wave, scalar32(wave, operation.source[1]));
  wave.vector[operation.target][lane] = scalar32(wave, operation.source[0]);
}

// How many bits of source 0 belong to lanes below this one, plus source 1.
template <bool Upper>
void run_count_below(Wave& wave, const Operation& operation) {
  for (unsigned half = 0; half < 2; ++half) {
    const u32 mask = enabled(wave, half);
    if (mask == 0) continue;
    Lanes a;
    Lanes b;
    fetch<u32>(wave, operation.source[0], half, a);
    fetch<u32>(wave, operation.source[1], half, b);
    alignas(64) std::array<u32, kHalf> result;
    for (unsigned i = 0; i < kHalf; ++i) {
      const u64 below = (u64{1} << (half * kHalf + i)) - 1;
      const u32 lanes = Upper ? high_word(below) : low_word(below);
      result[i] = static_cast<u32>(std::popcount(a.low[i] & lanes)) + b.low[i];
    }
    write<u32>(wave, operation, half, mask, result.data(), nullptr);
  }
}

void bind_read(const Binding& binding) {
  expect_modifiers(binding, {});
  binding.operation.mask_target = binding.scalar_target(0);
  for (std::size_t i = 0; i < binding.entry.count; ++i) binding.source(i, 1 + i, Type::uint32);
}

}  // namespace

void add_lane_exchange(Table& table) {
  table.add("v_readfirstlane_b32", {&run_read_first, &bind_read, Type::none, {Type::uint32}, 1});
  table.add("v_readlane_b32",
            {&run_read_lane, &bind_read, Type::none, {Type::uint32, Type::uint32}, 2});
  table.add("v_writelane_b32",
            {&run_write_lane, &bind_vector, Type::uint32, {Type::uint32, Type::uint32}, 2});
  table.add("v_mbcnt_lo_u32_b32",
            {&run_count_below<false>, &bind_vector, Type::uint32, {Type::uint32, Type::uint32}, 2});
  table.add("v_mbcnt_hi_u32_b32",
            {&run_count_below<true>, &bind_vector, Type::uint32, {Type::uint32, Type::uint32}, 2});
}

}  // namespace mlacheck::amd
