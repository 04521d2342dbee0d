// v_cmp and v_cmpx of every type and condition, and v_cmp_class.
#include "harness/amd/vector/families.hpp"
#include "harness/amd/vector/floats.hpp"
#include "harness/amd/vector/lanes.hpp"

namespace mlacheck::amd {
namespace {

template <class F>
void add_one(Table& table, const std::string& condition, const std::string& type, F function) {
  table.add("v_cmp_" + condition + "_" + type, comparison<false>(function));
  table.add("v_cmpx_" + condition + "_" + type, comparison<true>(function));
}

// Half precision is compared as float.
template <class T>
auto comparable(T value) {
  if constexpr (std::is_same_v<T, Half>) {
    return to_float(value);
  } else {
    return value;
  }
}

template <class T>
void add_ordered(Table& table, const std::string& type) {
  add_one(table, "f", type, [](T, T) { return false; });
  add_one(table, "lt", type, [](T a, T b) { return comparable(a) < comparable(b); });
  add_one(table, "eq", type, [](T a, T b) { return comparable(a) == comparable(b); });
  add_one(table, "le", type, [](T a, T b) { return comparable(a) <= comparable(b); });
  add_one(table, "gt", type, [](T a, T b) { return comparable(a) > comparable(b); });
  add_one(table, "ge", type, [](T a, T b) { return comparable(a) >= comparable(b); });
}

template <class T>
void add_integers(Table& table, const std::string& type) {
  add_ordered<T>(table, type);
  add_one(table, "ne", type, [](T a, T b) { return a != b; });
  add_one(table, "t", type, [](T, T) { return true; });
}

template <class T>
void add_floats(Table& table, const std::string& type) {
  add_ordered<T>(table, type);
  // lg is false for NaN, neq is true; an n before a condition negates it.
  add_one(table, "lg", type,
          [](T a, T b) { return comparable(a) < comparable(b) || comparable(a) > comparable(b); });
  add_one(table, "o", type, [](T a, T b) {
    return comparable(a) == comparable(a) && comparable(b) == comparable(b);
  });
  add_one(table, "u", type, [](T a, T b) {
    return comparable(a) != comparable(a) || comparable(b) != comparable(b);
  });
  add_one(table, "nge", type, [](T a, T b) { return !(comparable(a) >= comparable(b)); });
  add_one(table, "nlg", type, [](T a, T b) {
    return !(comparable(a) < comparable(b) || comparable(a) > comparable(b));
  });
  add_one(table, "ngt", type, [](T a, T b) { return !(comparable(a) > comparable(b)); });
  add_one(table, "nle", type, [](T a, T b) { return !(comparable(a) <= comparable(b)); });
  add_one(table, "neq", type, [](T a, T b) { return comparable(a) != comparable(b); });
  add_one(table, "nlt", type, [](T a, T b) { return !(comparable(a) < comparable(b)); });
  add_one(table, "tru", type, [](T, T) { return true; });
}

// Bits of the mask: 0 signaling NaN, 1 quiet NaN, then from -infinity, normal, denormal and zero
// (2 to 5) to +zero, denormal, normal and infinity (6 to 9).
u32 class_bit(bool sign, bool nan, bool quiet, bool infinite, bool denormal, bool zero) {
  if (nan) return quiet ? 2U : 1U;
  const unsigned distance = infinite ? 3 : zero ? 0 : denormal ? 1 : 2;
  return 1U << (sign ? 5U - distance : 6U + distance);
}

bool is_of_class(u32 value, u32 mask) {
  const u32 exponent = value >> 23 & 0xffU;
  const u32 mantissa = value & 0x7f'ffffU;
  return (class_bit(value >> 31 != 0, exponent == 255 && mantissa != 0, (value >> 22 & 1U) != 0,
                    exponent == 255, exponent == 0 && mantissa != 0,
                    exponent == 0 && mantissa == 0) &
          mask) != 0;
}
bool is_of_class(u16 value, u32 mask) {
  const u32 exponent = value >> 10 & 0x1fU;
  const u32 mantissa = value & 0x3ffU;
  return (class_bit(value >> 15 != 0, exponent == 31 && mantissa != 0, (value >> 9 & 1U) != 0,
                    exponent == 31, exponent == 0 && mantissa != 0,
                    exponent == 0 && mantissa == 0) &
          mask) != 0;
}
bool is_of_class(u64 value, u32 mask) {
  const u64 exponent = value >> 52 & 0x7ffU;
  const u64 mantissa = value & 0xf'ffff'ffff'ffffU;
  return (class_bit(value >> 63 != 0, exponent == 2047 && mantissa != 0, (value >> 51 & 1U) != 0,
                    exponent == 2047, exponent == 0 && mantissa != 0,
                    exponent == 0 && mantissa == 0) &
          mask) != 0;
}

}  // namespace

void add_comparisons(Table& table) {
  add_integers<u16>(table, "u16");
  add_integers<i16>(table, "i16");
  add_integers<u32>(table, "u32");
  add_integers<i32>(table, "i32");
  add_integers<u64>(table, "u64");
  add_integers<i64>(table, "i64");
  add_floats<Half>(table, "f16");
  add_floats<float>(table, "f32");
  add_floats<double>(table, "f64");
  // Denormals are seen as they are: the classes do not depend on the mode.
  add_one(table, "class", "f32", [](u32 a, u32 b) { return is_of_class(a, b); });
  add_one(table, "class", "f16", [](u16 a, u32 b) { return is_of_class(a, b); });
  add_one(table, "class", "f64", [](u64 a, u32 b) { return is_of_class(a, b); });
}

}  // namespace mlacheck::amd
