// Additions and subtractions with carry, and products with a sum of 64 bits.
#include "harness/amd/vector/families.hpp"
#include "harness/amd/vector/lanes.hpp"

namespace mlacheck::amd {
namespace {

// Sources a and b, a carry for each lane in source 2 where there is one; the carry goes to mask_target.
template <auto F>
void run_carry(Wave& wave, const Operation& operation) {
  u32 words[2] = {0, 0};  // NOLINT(modernize-avoid-c-arrays)
  for (unsigned half = 0; half < 2; ++half) {
    const u32 mask = enabled(wave, half);
    if (mask == 0) continue;
    Lanes a;
    Lanes b;
    fetch<u32>(wave, operation.source[0], half, a);
    fetch<u32>(wave, operation.source[1], half, b);
    const u32 carries =
        operation.source[2].type == Type::mask ? mask_bits(wave, operation.source[2], half) : 0;
    alignas(64) std::array<u32, kHalf> result;
    u32 word = 0;
    for (unsigned i = 0; i < kHalf; ++i) {
      u32 carry = (carries >> i) & 1U;
      result[i] = F(a.low[i], b.low[i], carry);
      word |= carry << i;
    }
    words[half] = word & mask;
    write<u32>(wave, operation, half, mask, result.data(), nullptr);
  }
  wave.set_mask(operation.mask_target, joined(words[0], words[1]));
}

constexpr auto kAdd = [](u32 a, u32 b, u32& carry) {
  const u32 sum = a + b;
  const u32 result = sum + carry;
  carry = (sum < a ? 1U : 0U) | (result < sum ? 1U : 0U);
  return result;
};
constexpr auto kSubtract = [](u32 a, u32 b, u32& carry) {
  const u32 difference = a - b;
  const u32 result = difference - carry;
  carry = (a < b ? 1U : 0U) | (difference < carry ? 1U : 0U);
  return result;
};
constexpr auto kSubtractReversed = [](u32 a, u32 b, u32& carry) { return kSubtract(b, a, carry); };

void bind_carry(const Binding& binding) {
  if (binding.instruction.form == Instruction::Form::dpp) throw Unknown{"DPP of a carry"};
  expect_modifiers(binding, {"dst_sel", "dst_unused", "src0_sel", "src1_sel"});
  Operation& operation = binding.operation;
  operation.target = binding.vector_target(0);
  operation.mask_target = binding.scalar_target(1);
  for (std::size_t i = 0; i < binding.entry.count; ++i) {
    binding.source(i, 2 + i, binding.entry.sources.at(i));
  }
  if (binding.instruction.form == Instruction::Form::sdwa) throw Unknown{"SDWA of a carry"};
}

template <auto F>
constexpr Entry carry_out() {
  return {&run_carry<F>, &bind_carry, Type::uint32, {Type::uint32, Type::uint32}, 2};
}
template <auto F>
constexpr Entry carry_through() {
  return {&run_carry<F>, &bind_carry, Type::uint32, {Type::uint32, Type::uint32, Type::mask}, 3};
}

// Target pair, carry target, a, b, c of 64 bits.
template <bool Signed>
void run_product_sum(Wave& wave, const Operation& operation) {
  u32 words[2] = {0, 0};  // NOLINT(modernize-avoid-c-arrays)
  for (unsigned half = 0; half < 2; ++half) {
    const u32 mask = enabled(wave, half);
    if (mask == 0) continue;
    Lanes a;
    Lanes b;
    Lanes c;
    fetch<u32>(wave, operation.source[0], half, a);
    fetch<u32>(wave, operation.source[1], half, b);
    fetch<u64>(wave, operation.source[2], half, c);
    alignas(64) std::array<u32, kHalf> low;
    alignas(64) std::array<u32, kHalf> high;
    u32 word = 0;
    for (unsigned i = 0; i < kHalf; ++i) {
      const u64 addend = joined(c.low[i], c.high[i]);
      u64 product = u64{a.low[i]} * b.low[i];
      if constexpr (Signed) {
        product = static_cast<u64>(i64{as_signed(a.low[i])} * as_signed(b.low[i]));
      }
      const u64 sum = product + addend;
      low[i] = low_word(sum);
      high[i] = high_word(sum);
      // The carry of the signed form is bit 64 of the sum of two sign-extended numbers.
      u32 carry = sum < addend ? 1U : 0U;
      if constexpr (Signed) {
        carry ^= static_cast<u32>(product >> 63) ^ static_cast<u32>(addend >> 63);
      }
      word |= carry << i;
    }
    words[half] = word & mask;
    write<u64>(wave, operation, half, mask, low.data(), high.data());
  }
  wave.set_mask(operation.mask_target, joined(words[0], words[1]));
}

}  // namespace

void add_carries(Table& table) {
  table.add("v_add_co_u32", carry_out<kAdd>());
  table.add("v_sub_co_u32", carry_out<kSubtract>());
  table.add("v_subrev_co_u32", carry_out<kSubtractReversed>());
  for (const char* const name : {"v_addc_co_u32", "v_add_co_ci_u32"}) {
    table.add(name, carry_through<kAdd>());
  }
  for (const char* const name : {"v_subb_co_u32", "v_sub_co_ci_u32"}) {
    table.add(name, carry_through<kSubtract>());
  }
  for (const char* const name : {"v_subbrev_co_u32", "v_subrev_co_ci_u32"}) {
    table.add(name, carry_through<kSubtractReversed>());
  }
  table.add("v_mad_u64_u32", {&run_product_sum<false>,
                              &bind_carry,
                              Type::uint64,
                              {Type::uint32, Type::uint32, Type::uint64},
                              3});
  table.add("v_mad_i64_i32", {&run_product_sum<true>,
                              &bind_carry,
                              Type::uint64,
                              {Type::int32, Type::int32, Type::uint64},
                              3});
}

}  // namespace mlacheck::amd
