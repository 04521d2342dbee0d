// Arithmetic in half precision: float holds sums and products of two halves so well that rounding its
// result again gives the correctly rounded half.
#include "harness/amd/vector/families.hpp"
#include "harness/amd/vector/floats.hpp"
#include "harness/amd/vector/halves.hpp"
#include "harness/amd/vector/lanes.hpp"

namespace mlacheck::amd {

void add_half_arithmetic(Table& table) {
  table.add("v_add_f16", vector([](Half a, Half b) { return to_half(to_float(a) + to_float(b)); }));
  table.add("v_sub_f16", vector([](Half a, Half b) { return to_half(to_float(a) - to_float(b)); }));
  table.add("v_subrev_f16",
            vector([](Half a, Half b) { return to_half(to_float(b) - to_float(a)); }));
  table.add("v_mul_f16", vector([](Half a, Half b) { return to_half(to_float(a) * to_float(b)); }));
  table.add("v_min_f16",
            vector([](Half a, Half b) { return to_half(minimum(to_float(a), to_float(b))); }));
  table.add("v_max_f16",
            vector([](Half a, Half b) { return to_half(maximum(to_float(a), to_float(b))); }));
  constexpr auto fused = [](Half a, Half b, Half c) { return half_fma(a, b, c); };
  table.add("v_fma_f16", vector(fused));
  table.add("v_fmac_f16", accumulating(fused));
  table.add("v_trunc_f16", vector([](Half a) { return to_half(__builtin_truncf(to_float(a))); }));
  table.add("v_floor_f16", vector([](Half a) { return to_half(__builtin_floorf(to_float(a))); }));
  table.add("v_ceil_f16", vector([](Half a) { return to_half(__builtin_ceilf(to_float(a))); }));
  table.add("v_rndne_f16",
            vector([](Half a) { return to_half(__builtin_roundevenf(to_float(a))); }));
  table.add("v_pack_b32_f16",
            vector_without_mode([](Half a, Half b) { return u32{a.bits} | u32{b.bits} << 16; }));
}

}  // namespace mlacheck::amd
