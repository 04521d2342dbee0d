// SOP2 and SOPK: integer arithmetic.
#include "harness/amd/scalar/families.hpp"
#include "harness/amd/scalar/operate.hpp"

namespace mlacheck::amd {
namespace {

// scc is the signed overflow.
i32 signed_sum(i32 a, i32 b, bool& scc) {
  i32 sum = 0;
  scc = __builtin_add_overflow(a, b, &sum);
  return sum;
}
i32 signed_difference(i32 a, i32 b, bool& scc) {
  i32 difference = 0;
  scc = __builtin_sub_overflow(a, b, &difference);
  return difference;
}

template <unsigned Shift>
u32 shifted_sum(u32 a, u32 b, bool& scc) {
  const u64 sum = (u64{a} << Shift) + b;
  scc = high_word(sum) != 0;
  return low_word(sum);
}

}  // namespace

void add_scalar_arithmetic(Table& table) {
  table.add("s_add_u32", scalar([](u32 a, u32 b, bool& scc) {
              scc = a + b < a;
              return a + b;
            }));
  table.add("s_sub_u32", scalar([](u32 a, u32 b, bool& scc) {
              scc = a < b;
              return a - b;
            }));
  table.add("s_addc_u32", scalar([](u32 a, u32 b, bool& scc) {
              const u64 sum = u64{a} + b + (scc ? 1 : 0);
              scc = high_word(sum) != 0;
              return low_word(sum);
            }));
  table.add("s_subb_u32", scalar([](u32 a, u32 b, bool& scc) {
              const u64 difference = u64{a} - b - (scc ? 1 : 0);
              scc = high_word(difference) != 0;
              return low_word(difference);
            }));
  table.add("s_add_i32", scalar([](i32 a, i32 b, bool& scc) { return signed_sum(a, b, scc); }));
  table.add("s_sub_i32",
            scalar([](i32 a, i32 b, bool& scc) { return signed_difference(a, b, scc); }));
  table.add("s_addk_i32",
            scalar_in_place([](i32 a, i32 b, bool& scc) { return signed_sum(a, b, scc); }));
  table.add("s_mul_i32", scalar([](u32 a, u32 b) { return a * b; }));
  table.add("s_mulk_i32", scalar_in_place([](u32 a, u32 b) { return a * b; }));
  table.add("s_mul_hi_u32", scalar([](u32 a, u32 b) { return high_word(u64{a} * b); }));
  table.add("s_mul_hi_i32",
            scalar([](i32 a, i32 b) { return static_cast<i32>((i64{a} * b) >> 32); }));
  table.add("s_min_u32", scalar([](u32 a, u32 b, bool& scc) {
              scc = a < b;
              return scc ? a : b;
            }));
  table.add("s_max_u32", scalar([](u32 a, u32 b, bool& scc) {
              scc = a >= b;
              return scc ? a : b;
            }));
  table.add("s_min_i32", scalar([](i32 a, i32 b, bool& scc) {
              scc = a < b;
              return scc ? a : b;
            }));
  table.add("s_max_i32", scalar([](i32 a, i32 b, bool& scc) {
              scc = a >= b;
              return scc ? a : b;
            }));
  table.add("s_abs_i32", scalar([](u32 a, bool& scc) {
              const u32 result = as_signed(a) < 0 ? 0 - a : a;
              scc = result != 0;
              return result;
            }));
  table.add("s_absdiff_i32", scalar([](u32 a, u32 b, bool& scc) {
              const u32 difference = a - b;
              const u32 result = as_signed(difference) < 0 ? 0 - difference : difference;
              scc = result != 0;
              return result;
            }));
  table.add("s_lshl1_add_u32",
            scalar([](u32 a, u32 b, bool& c) { return shifted_sum<1>(a, b, c); }));
  table.add("s_lshl2_add_u32",
            scalar([](u32 a, u32 b, bool& c) { return shifted_sum<2>(a, b, c); }));
  table.add("s_lshl3_add_u32",
            scalar([](u32 a, u32 b, bool& c) { return shifted_sum<3>(a, b, c); }));
  table.add("s_lshl4_add_u32",
            scalar([](u32 a, u32 b, bool& c) { return shifted_sum<4>(a, b, c); }));
}

}  // namespace mlacheck::amd
