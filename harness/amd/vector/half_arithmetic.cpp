// Arithmetic in half precision: float holds sums and products of two halves so well that rounding its
// result again gives the correctly rounded half.
#include "harness/amd/vector/families.hpp"
#include "harness/amd/vector/floats.hpp"
#include "harness/amd/vector/halves.hpp"
#include "harness/amd/vector/lanes.hpp"

namespace mlacheck::amd {
namespace {

// Instructions that have op_sel on gfx9, too, write their half of the target and keep the other one.
void bind_keeping(const Binding& binding) {
  bind_vector(binding);
  Operation& operation = binding.operation;
  if (operation.target_select != Select::dword) return;
  operation.target_select = Select::word0;
  operation.unused = Operation::Unused::preserve;
  operation.special_write = true;
}

template <class F>
Entry keeping(F function) {
  Entry entry = vector(function);
  entry.bind = &bind_keeping;
  return entry;
}

}  // namespace

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
  table.add("v_max3_f16", keeping([](Half a, Half b, Half c) {
              return to_half(maximum(maximum(to_float(a), to_float(b)), to_float(c)));
            }));
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
