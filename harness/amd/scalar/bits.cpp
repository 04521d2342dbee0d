// SOP1, SOP2, SOPK: moves, bits, shifts, and what reads and writes EXEC.
#include <bit>

#include "harness/amd/scalar/families.hpp"
#include "harness/amd/scalar/operate.hpp"

namespace mlacheck::amd {
namespace {

template <class T>
constexpr std::string_view kSuffix = sizeof(T) == 8 ? "_b64" : "_b32";

// A two-source operation whose scc says that the result is not zero.
template <class T, class F>
void add_logical(Table& table, const std::string& name, F) {
  table.add(name + std::string(kSuffix<T>), scalar([](T a, T b, bool& scc) {
              const T result = F{}(a, b);
              scc = result != 0;
              return result;
            }));
}

// Target: EXEC's old value; EXEC: F(source, EXEC); scc: the new EXEC is not zero.
template <class T, class F>
void run_save_exec(Wave& wave, const Operation& operation) {
  const T value = scalar_value<T>(wave, operation.source[0]);
  const T before = static_cast<T>(wave.exec());
  const T after = F{}(value, before);
  set_scalar(wave, operation.target, before);
  set_scalar(wave, ScalarRegister::kExec, after);
  wave.set_scc(after != 0);
}
// The same with the new EXEC as result.
template <class T, class F>
void run_write_exec(Wave& wave, const Operation& operation) {
  const T after = F{}(scalar_value<T>(wave, operation.source[0]), static_cast<T>(wave.exec()));
  set_scalar(wave, operation.target, after);
  set_scalar(wave, ScalarRegister::kExec, after);
  wave.set_scc(after != 0);
}

template <class T, class F>
void add_save_exec(Table& table, const std::string& name, F) {
  table.add("s_" + name + "_saveexec" + std::string(kSuffix<T>),
            {&run_save_exec<T, F>, &bind_scalar, scalar_type<T>(), {scalar_type<T>()}, 1});
}

template <class T>
void add_width(Table& table) {
  const std::string suffix(kSuffix<T>);
  add_logical<T>(table, "s_and", [](T a, T b) { return a & b; });
  add_logical<T>(table, "s_or", [](T a, T b) { return a | b; });
  add_logical<T>(table, "s_xor", [](T a, T b) { return a ^ b; });
  add_logical<T>(table, "s_andn2", [](T a, T b) { return a & ~b; });
  add_logical<T>(table, "s_orn2", [](T a, T b) { return a | ~b; });
  add_logical<T>(table, "s_nand", [](T a, T b) { return ~(a & b); });
  add_logical<T>(table, "s_nor", [](T a, T b) { return ~(a | b); });
  add_logical<T>(table, "s_xnor", [](T a, T b) { return ~(a ^ b); });
  constexpr u32 kBits = 8 * sizeof(T);
  table.add("s_lshl" + suffix, scalar([](T a, u32 b, bool& scc) {
              const T result = a << (b & (kBits - 1));
              scc = result != 0;
              return result;
            }));
  table.add("s_lshr" + suffix, scalar([](T a, u32 b, bool& scc) {
              const T result = a >> (b & (kBits - 1));
              scc = result != 0;
              return result;
            }));
  table.add("s_bfm" + suffix, scalar([](u32 a, u32 b) {
              return static_cast<T>(((T{1} << (a & (kBits - 1))) - 1) << (b & (kBits - 1)));
            }));
  table.add("s_mov" + suffix, scalar([](T a) { return a; }));
  table.add("s_not" + suffix, scalar([](T a, bool& scc) {
              const T result = ~a;
              scc = result != 0;
              return result;
            }));
  table.add("s_wqm" + suffix, scalar([](T a, bool& scc) {
              T result = 0;
              for (u32 quad = 0; quad < kBits; quad += 4) {
                if ((a >> quad & 0xfU) != 0) result |= T{0xf} << quad;
              }
              scc = result != 0;
              return result;
            }));
  table.add("s_brev" + suffix, scalar([](T a) {
              T result = 0;
              for (u32 i = 0; i < kBits; ++i) result |= (a >> i & 1U) << (kBits - 1 - i);
              return result;
            }));
  const std::string number = sizeof(T) == 8 ? "64" : "32";
  table.add("s_cselect" + suffix, scalar([](T a, T b, bool& scc) { return scc ? a : b; }));
  table.add("s_bcnt1_i32_b" + number, scalar([](T a, bool& scc) {
              const auto result = static_cast<u32>(std::popcount(a));
              scc = result != 0;
              return result;
            }));
  table.add("s_bcnt0_i32_b" + number, scalar([](T a, bool& scc) {
              const auto result = static_cast<u32>(std::popcount(static_cast<T>(~a)));
              scc = result != 0;
              return result;
            }));
  table.add("s_ff1_i32_b" + number,
            scalar([](T a) { return a == 0 ? ~0U : static_cast<u32>(std::countr_zero(a)); }));
  table.add("s_flbit_i32_b" + number,
            scalar([](T a) { return a == 0 ? ~0U : static_cast<u32>(std::countl_zero(a)); }));

  add_save_exec<T>(table, "and", [](T a, T exec) { return a & exec; });
  add_save_exec<T>(table, "or", [](T a, T exec) { return a | exec; });
  add_save_exec<T>(table, "xor", [](T a, T exec) { return a ^ exec; });
  add_save_exec<T>(table, "andn2", [](T a, T exec) { return a & ~exec; });
  add_save_exec<T>(table, "orn2", [](T a, T exec) { return a | ~exec; });
  add_save_exec<T>(table, "andn1", [](T a, T exec) { return ~a & exec; });
  add_save_exec<T>(table, "orn1", [](T a, T exec) { return ~a | exec; });
  add_save_exec<T>(table, "nand", [](T a, T exec) { return ~(a & exec); });
  add_save_exec<T>(table, "nor", [](T a, T exec) { return ~(a | exec); });
  add_save_exec<T>(table, "xnor", [](T a, T exec) { return ~(a ^ exec); });
  auto and_not = [](T a, T exec) { return static_cast<T>(a & ~exec); };
  auto not_and = [](T a, T exec) { return static_cast<T>(~a & exec); };
  table.add("s_andn2_wrexec" + suffix, {&run_write_exec<T, decltype(and_not)>,
                                        &bind_scalar,
                                        scalar_type<T>(),
                                        {scalar_type<T>()},
                                        1});
  table.add("s_andn1_wrexec" + suffix, {&run_write_exec<T, decltype(not_and)>,
                                        &bind_scalar,
                                        scalar_type<T>(),
                                        {scalar_type<T>()},
                                        1});
}

// The second source holds the offset in its low bits and the width in bits 16 to 22.
template <class T>
T extracted(T value, u32 control, bool& scc) {
  constexpr u32 kBits = 8 * sizeof(T);
  using Unsigned = std::make_unsigned_t<T>;
  const u32 offset = control & (kBits - 1);
  const u32 width = std::min(control >> 16 & 0x7fU, kBits - offset);
  T result = 0;
  if (width != 0) {
    // Moved to the top, then down again, with the sign for signed types.
    const auto top = static_cast<T>(static_cast<Unsigned>(value) << (kBits - offset - width));
    result = static_cast<T>(top >> (kBits - width));
  }
  scc = result != 0;
  return result;
}

template <class T>
void add_extract(Table& table, const std::string& name) {
  table.add(name, scalar([](T a, u32 b, bool& scc) { return extracted<T>(a, b, scc); }));
}

// Target keeps its other bits.
template <bool Value>
void run_set_bit(Wave& wave, const Operation& operation) {
  const u32 bit = 1U << (scalar32(wave, operation.source[0]) & 31U);
  u32& target = wave.scalar[operation.target];
  target = Value ? target | bit : target & ~bit;
}

// cmov: only where scc is set.
template <class T>
void run_conditional_move(Wave& wave, const Operation& operation) {
  if (wave.scc()) set_scalar(wave, operation.target, scalar_value<T>(wave, operation.source[0]));
}

}  // namespace

void add_scalar_bits(Table& table) {
  add_width<u32>(table);
  add_width<u64>(table);
  add_extract<u32>(table, "s_bfe_u32");
  add_extract<i32>(table, "s_bfe_i32");
  add_extract<u64>(table, "s_bfe_u64");
  add_extract<i64>(table, "s_bfe_i64");
  table.add("s_ashr_i32", scalar([](i32 a, u32 b, bool& scc) {
              const i32 result = a >> (b & 31U);
              scc = result != 0;
              return result;
            }));
  table.add("s_ashr_i64", scalar([](i64 a, u32 b, bool& scc) {
              const i64 result = a >> (b & 63U);
              scc = result != 0;
              return result;
            }));
  table.add("s_sext_i32_i8", scalar([](u32 a) { return sign_extended(a, 8); }));
  table.add("s_sext_i32_i16", scalar([](u32 a) { return sign_extended(a, 16); }));
  table.add("s_movk_i32", scalar([](u32 a) { return sign_extended(a, 16); }));
  table.add("s_pack_ll_b32_b16", scalar([](u32 a, u32 b) { return (a & 0xffffU) | b << 16; }));
  table.add("s_pack_lh_b32_b16",
            scalar([](u32 a, u32 b) { return (a & 0xffffU) | (b & 0xffff'0000U); }));
  table.add("s_pack_hh_b32_b16", scalar([](u32 a, u32 b) { return a >> 16 | (b & 0xffff'0000U); }));
  table.add("s_bitset0_b32", {&run_set_bit<false>, &bind_scalar, Type::uint32, {Type::uint32}, 1});
  table.add("s_bitset1_b32", {&run_set_bit<true>, &bind_scalar, Type::uint32, {Type::uint32}, 1});
  table.add("s_cmov_b32",
            {&run_conditional_move<u32>, &bind_scalar, Type::uint32, {Type::uint32}, 1});
  table.add("s_cmov_b64",
            {&run_conditional_move<u64>, &bind_scalar, Type::uint64, {Type::uint64}, 1});
  // How many bits below the sign repeat it.
  table.add("s_flbit_i32", scalar([](u32 a) {
              const u32 other = as_signed(a) < 0 ? ~a : a;
              return other == 0 ? ~0U : static_cast<u32>(std::countl_zero(other));
            }));
}

}  // namespace mlacheck::amd
