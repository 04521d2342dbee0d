// Arithmetic in float and double.
#include <cmath>

#include "harness/amd/vector/families.hpp"
#include "harness/amd/vector/floats.hpp"
#include "harness/amd/vector/lanes.hpp"

namespace mlacheck::amd {
namespace {

// v_mac_f32 and v_mad_f32 round twice and flush denormals, whatever the mode says (LLVM's
// amdgcn.fmad.ftz is made of them).
float multiply_add(float a, float b, float c) {
  return flushed(flushed(flushed(a) * flushed(b)) + flushed(c));
}

// 0 times anything is 0.
float legacy_product(float a, float b) { return a == 0 || b == 0 ? 0.0F : a * b; }

void add_single(Table& table) {
  table.add("v_add_f32", vector([](float a, float b) { return a + b; }));
  table.add("v_sub_f32", vector([](float a, float b) { return a - b; }));
  table.add("v_subrev_f32", vector([](float a, float b) { return b - a; }));
  table.add("v_mul_f32", vector([](float a, float b) { return a * b; }));
  table.add("v_mul_legacy_f32", vector([](float a, float b) { return legacy_product(a, b); }));
  constexpr auto fused = [](float a, float b, float c) { return std::fma(a, b, c); };
  table.add("v_fma_f32", vector(fused));
  table.add("v_fmac_f32", accumulating(fused));
  // Printed as target, a, constant, b; and target, a, b, constant.
  table.add("v_fmamk_f32", vector(fused));
  table.add("v_fmaak_f32", vector(fused));
  constexpr auto mad = [](float a, float b, float c) { return multiply_add(a, b, c); };
  table.add("v_mad_f32", vector_without_mode(mad));
  table.add("v_madmk_f32", vector_without_mode(mad));
  table.add("v_madak_f32", vector_without_mode(mad));
  Entry accumulate = accumulating(mad);
  accumulate.run = vector_without_mode(mad).run;
  table.add("v_mac_f32", accumulate);
  constexpr auto least = [](float a, float b) { return minimum(a, b); };
  constexpr auto greatest = [](float a, float b) { return maximum(a, b); };
  table.add("v_min_f32", vector(least));
  table.add("v_max_f32", vector(greatest));
  table.add("v_min3_f32",
            vector([](float a, float b, float c) { return minimum(minimum(a, b), c); }));
  table.add("v_max3_f32",
            vector([](float a, float b, float c) { return maximum(maximum(a, b), c); }));
  table.add("v_med3_f32", vector([](float a, float b, float c) { return median(a, b, c); }));
}

void add_rounding(Table& table) {
  table.add("v_trunc_f32", vector([](float a) { return __builtin_truncf(a); }));
  table.add("v_ceil_f32", vector([](float a) { return __builtin_ceilf(a); }));
  table.add("v_floor_f32", vector([](float a) { return __builtin_floorf(a); }));
  table.add("v_rndne_f32", vector([](float a) { return __builtin_roundevenf(a); }));
  table.add("v_trunc_f64", vector([](double a) { return __builtin_trunc(a); }));
  table.add("v_ceil_f64", vector([](double a) { return __builtin_ceil(a); }));
  table.add("v_floor_f64", vector([](double a) { return __builtin_floor(a); }));
  table.add("v_rndne_f64", vector([](double a) { return __builtin_roundeven(a); }));
  // The difference is exact or rounds to 1, which the instruction never returns.
  table.add("v_fract_f32", vector([](float a) {
              const float part = a - __builtin_floorf(a);
              return part >= 1.0F ? 0x1.fffffep-1F : part;
            }));
}

void add_double(Table& table) {
  table.add("v_add_f64", vector([](double a, double b) { return a + b; }));
  table.add("v_mul_f64", vector([](double a, double b) { return a * b; }));
  constexpr auto fused = [](double a, double b, double c) { return std::fma(a, b, c); };
  table.add("v_fma_f64", vector(fused));
  table.add("v_fmac_f64", accumulating(fused));
  table.add("v_min_f64", vector([](double a, double b) { return minimum(a, b); }));
  table.add("v_max_f64", vector([](double a, double b) { return maximum(a, b); }));
  table.add("v_ldexp_f64", vector([](double a, i32 e) { return std::ldexp(a, e); }));
}

}  // namespace

void add_float_arithmetic(Table& table) {
  add_single(table);
  add_rounding(table);
  add_double(table);
}

}  // namespace mlacheck::amd
