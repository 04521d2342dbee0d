// Integer arithmetic without carries.
#include <algorithm>
#include <string>

#include "harness/amd/vector/families.hpp"
#include "harness/amd/vector/lanes.hpp"

namespace mlacheck::amd {
namespace {

u32 low24(u32 value) { return value & 0xff'ffffU; }
i32 signed24(i32 value) { return sign_extended(as_unsigned(value), 24); }
u32 high_product(u32 a, u32 b) { return high_word(u64{a} * b); }
i32 high_product(i32 a, i32 b) { return static_cast<i32>((i64{a} * b) >> 32); }

// With "clamp", a sum or difference without sign ends at the largest or smallest number instead of wrapping.
template <Handler Saturating>
void bind_saturating(const Binding& binding) {
  if (binding.instruction.modifier("clamp") == nullptr) return bind_vector(binding);
  Instruction plain = binding.instruction;
  std::erase_if(plain.modifiers, [](const Modifier& one) { return one.name == "clamp"; });
  bind_vector({plain, binding.entry, binding.target, binding.wave_size, binding.operation});
  binding.operation.run = Saturating;
}

template <class F, class S>
constexpr Entry saturating(F wrapping, S) {
  Entry entry = vector(wrapping);
  entry.bind = &bind_saturating<&SignatureOf<S>::template run<S, false>>;
  return entry;
}

void add_words(Table& table) {
  constexpr auto sum = [](u32 a, u32 b) { return a + b; };
  constexpr auto difference = [](u32 a, u32 b) { return a - b; };
  constexpr auto reversed = [](u32 a, u32 b) { return b - a; };
  constexpr auto most = [](u32 a, u32 b) { return a + b < a ? ~0U : a + b; };
  constexpr auto least = [](u32 a, u32 b) { return a < b ? 0U : a - b; };
  constexpr auto reversed_least = [](u32 a, u32 b) { return b < a ? 0U : b - a; };
  for (const char* const kind : {"_u32", "_nc_u32"}) {
    table.add(std::string("v_add") + kind, saturating(sum, most));
    table.add(std::string("v_sub") + kind, saturating(difference, least));
    table.add(std::string("v_subrev") + kind, saturating(reversed, reversed_least));
  }
  table.add("v_add_i32", vector(sum));
  table.add("v_add_nc_i32", vector(sum));
  table.add("v_sub_i32", vector(difference));
  table.add("v_sub_nc_i32", vector(difference));
  table.add("v_add3_u32", vector([](u32 a, u32 b, u32 c) { return a + b + c; }));
  table.add("v_mul_lo_u32", vector([](u32 a, u32 b) { return a * b; }));
  table.add("v_mul_hi_u32", vector([](u32 a, u32 b) { return high_product(a, b); }));
  table.add("v_mul_hi_i32", vector([](i32 a, i32 b) { return high_product(a, b); }));
  table.add("v_mul_u32_u24", vector([](u32 a, u32 b) { return low24(a) * low24(b); }));
  table.add("v_mul_hi_u32_u24",
            vector([](u32 a, u32 b) { return high_product(low24(a), low24(b)); }));
  table.add("v_mul_i32_i24", vector([](i32 a, i32 b) {
              return as_signed(as_unsigned(signed24(a)) * as_unsigned(signed24(b)));
            }));
  table.add("v_mul_hi_i32_i24",
            vector([](i32 a, i32 b) { return high_product(signed24(a), signed24(b)); }));
  table.add("v_mad_u32_u24", vector([](u32 a, u32 b, u32 c) { return low24(a) * low24(b) + c; }));
  table.add("v_mad_i32_i24", vector([](i32 a, i32 b, u32 c) {
              return as_unsigned(signed24(a)) * as_unsigned(signed24(b)) + c;
            }));
  table.add("v_lshl_add_u32", vector([](u32 a, u32 b, u32 c) { return (a << (b & 31U)) + c; }));
  table.add("v_add_lshl_u32", vector([](u32 a, u32 b, u32 c) { return (a + b) << (c & 31U); }));
  table.add("v_xad_u32", vector([](u32 a, u32 b, u32 c) { return (a ^ b) + c; }));
  table.add("v_lshl_add_u64", vector([](u64 a, u32 b, u64 c) { return (a << (b & 7U)) + c; }));
  constexpr auto distance = [](u32 a, u32 b, u32 c) { return (a > b ? a - b : b - a) + c; };
  table.add("v_sad_u32", vector(distance));
}

void add_extremes(Table& table) {
  table.add("v_min_u32", vector([](u32 a, u32 b) { return a < b ? a : b; }));
  table.add("v_max_u32", vector([](u32 a, u32 b) { return a > b ? a : b; }));
  table.add("v_min_i32", vector([](i32 a, i32 b) { return a < b ? a : b; }));
  table.add("v_max_i32", vector([](i32 a, i32 b) { return a > b ? a : b; }));
  table.add("v_min3_u32", vector([](u32 a, u32 b, u32 c) { return std::min(std::min(a, b), c); }));
  table.add("v_max3_u32", vector([](u32 a, u32 b, u32 c) { return std::max(std::max(a, b), c); }));
  table.add("v_min3_i32", vector([](i32 a, i32 b, i32 c) { return std::min(std::min(a, b), c); }));
  table.add("v_max3_i32", vector([](i32 a, i32 b, i32 c) { return std::max(std::max(a, b), c); }));
  table.add("v_med3_u32", vector([](u32 a, u32 b, u32 c) {
              return std::max(std::min(a, b), std::min(std::max(a, b), c));
            }));
  table.add("v_med3_i32", vector([](i32 a, i32 b, i32 c) {
              return std::max(std::min(a, b), std::min(std::max(a, b), c));
            }));
}

void add_short(Table& table) {
  constexpr auto sum = [](u16 a, u16 b) { return static_cast<u16>(a + b); };
  constexpr auto difference = [](u16 a, u16 b) { return static_cast<u16>(a - b); };
  constexpr auto reversed = [](u16 a, u16 b) { return static_cast<u16>(b - a); };
  for (const char* const name : {"v_add_u16", "v_add_nc_u16", "v_add_i16", "v_add_nc_i16"}) {
    table.add(name, vector(sum));
  }
  for (const char* const name : {"v_sub_u16", "v_sub_nc_u16", "v_sub_i16", "v_sub_nc_i16"}) {
    table.add(name, vector(difference));
  }
  table.add("v_subrev_u16", vector(reversed));
  table.add("v_mul_lo_u16", vector([](u16 a, u16 b) { return static_cast<u16>(u32{a} * b); }));
  table.add("v_min_u16", vector([](u16 a, u16 b) { return a < b ? a : b; }));
  table.add("v_max_u16", vector([](u16 a, u16 b) { return a > b ? a : b; }));
  table.add("v_min_i16", vector([](i16 a, i16 b) { return a < b ? a : b; }));
  table.add("v_max_i16", vector([](i16 a, i16 b) { return a > b ? a : b; }));
  constexpr auto product_sum = [](u16 a, u16 b, u16 c) { return static_cast<u16>(u32{a} * b + c); };
  table.add("v_mad_u16", vector(product_sum));
  table.add("v_mad_legacy_u16", vector(product_sum));
  table.add("v_mad_u32_u16", vector([](u16 a, u16 b, u32 c) { return u32{a} * b + c; }));
}

}  // namespace

void add_integer_arithmetic(Table& table) {
  add_words(table);
  add_extremes(table);
  add_short(table);
}

}  // namespace mlacheck::amd
