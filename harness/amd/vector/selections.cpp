// Moves and v_cndmask.
#include "harness/amd/vector/families.hpp"
#include "harness/amd/vector/lanes.hpp"

namespace mlacheck::amd {
namespace {

// b where the lane's bit of source 2 is set, else a.
void run_select(Wave& wave, const Operation& operation) {
  for (unsigned half = 0; half < 2; ++half) {
    const u32 mask = enabled(wave, half);
    if (mask == 0) continue;
    Lanes a;
    Lanes b;
    fetch<u32>(wave, operation.source[0], half, a);
    fetch<u32>(wave, operation.source[1], half, b);
    const u32 bits = mask_bits(wave, operation.source[2], half);
    alignas(64) std::array<u32, kHalf> result;
    for (unsigned i = 0; i < kHalf; ++i) {
      const u32 other = 0U - ((bits >> i) & 1U);
      result[i] = (a.low[i] & ~other) | (b.low[i] & other);
    }
    write<u32>(wave, operation, half, mask, result.data(), nullptr);
  }
}

}  // namespace

void add_selections(Table& table) {
  constexpr auto move = [](u32 a) { return a; };
  table.add("v_mov_b32", vector(move));
  table.add("v_accvgpr_read_b32", vector(move));
  table.add("v_accvgpr_write_b32", vector(move));
  table.add("v_accvgpr_mov_b32", vector(move));
  table.add("v_mov_b64", vector([](u64 a) { return a; }));
  table.add("v_cndmask_b32",
            {&run_select, &bind_vector, Type::uint32, {Type::uint32, Type::uint32, Type::mask}, 3});
}

}  // namespace mlacheck::amd
