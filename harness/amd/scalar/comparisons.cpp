// SOPC, and the comparisons of SOPK.
#include "harness/amd/scalar/families.hpp"
#include "harness/amd/scalar/operate.hpp"

namespace mlacheck::amd {
namespace {

template <class T, class F>
void add_one(Table& table, const std::string& condition, const std::string& type, F) {
  table.add("s_cmp_" + condition + "_" + type,
            scalar([](T a, T b, bool& scc) { scc = F{}(a, b); }));
}

// The constant has 16 bits: signed for i32, zero-extended for u32.
template <class T, class F>
void run_with_constant(Wave& wave, const Operation& operation) {
  wave.set_scc(F{}(static_cast<T>(wave.scalar[operation.source[0].index]),
                   static_cast<T>(operation.source[1].value)));
}
template <class T>
void bind_with_constant(const Binding& binding) {
  expect_modifiers(binding, {});
  binding.source(0, 0, Type::uint32);
  binding.source(1, 1, Type::uint32);
  if (binding.operation.source[0].kind != Source::Kind::scalar ||
      binding.operation.source[1].kind != Source::Kind::constant) {
    throw Unknown{"expected a register and a constant"};
  }
  u64& value = binding.operation.source[1].value;
  value = std::is_signed_v<T> ? as_unsigned(sign_extended(low_word(value), 16)) : value & 0xffffU;
}

template <class T, class F>
void add_both(Table& table, const std::string& condition, const std::string& type, F function) {
  add_one<T>(table, condition, type, function);
  table.add("s_cmpk_" + condition + "_" + type,
            {&run_with_constant<T, F>, &bind_with_constant<T>, Type::none, {}, 2});
}

template <class T>
void add_type(Table& table, const std::string& type) {
  add_both<T>(table, "eq", type, [](T a, T b) { return a == b; });
  add_both<T>(table, "lg", type, [](T a, T b) { return a != b; });
  add_both<T>(table, "gt", type, [](T a, T b) { return a > b; });
  add_both<T>(table, "ge", type, [](T a, T b) { return a >= b; });
  add_both<T>(table, "lt", type, [](T a, T b) { return a < b; });
  add_both<T>(table, "le", type, [](T a, T b) { return a <= b; });
}

}  // namespace

void add_scalar_comparisons(Table& table) {
  add_type<i32>(table, "i32");
  add_type<u32>(table, "u32");
  add_one<u64>(table, "eq", "u64", [](u64 a, u64 b) { return a == b; });
  add_one<u64>(table, "lg", "u64", [](u64 a, u64 b) { return a != b; });
  table.add("s_bitcmp0_b32",
            scalar([](u32 a, u32 b, bool& scc) { scc = (a >> (b & 31U) & 1U) == 0; }));
  table.add("s_bitcmp1_b32",
            scalar([](u32 a, u32 b, bool& scc) { scc = (a >> (b & 31U) & 1U) != 0; }));
  table.add("s_bitcmp0_b64",
            scalar([](u64 a, u32 b, bool& scc) { scc = (a >> (b & 63U) & 1U) == 0; }));
  table.add("s_bitcmp1_b64",
            scalar([](u64 a, u32 b, bool& scc) { scc = (a >> (b & 63U) & 1U) != 0; }));
}

}  // namespace mlacheck::amd
