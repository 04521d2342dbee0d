// VOP3P: two floats or two halves a lane, and mixed precision. op_sel picks, for each source, the part
// that the low result is made of, op_sel_hi the part for the high one.
#include <cmath>

#include "harness/amd/vector/families.hpp"
#include "harness/amd/vector/floats.hpp"
#include "harness/amd/vector/halves.hpp"
#include "harness/amd/vector/lanes.hpp"

namespace mlacheck::amd {
namespace {

bool bit(unsigned bits, std::size_t i) { return (bits >> i & 1U) != 0; }

using HalfWave = std::array<u32, kHalf>;

// Source i's low or high word, with the sign changes of that half.
void part_of(const Wave& wave, const Operation& operation, std::size_t i, unsigned half,
             bool high_part, bool negated, HalfWave& out) {
  Lanes lanes;
  fetch<u64>(wave, operation.source[i], half, lanes);
  const u32 flip = negated ? 0x8000'0000U : 0U;
  const u32* const from = high_part ? lanes.high : lanes.low;
  for (unsigned l = 0; l < kHalf; ++l) out[l] = from[l] ^ flip;
}

template <class F, std::size_t Count>
void run_pairs(Wave& wave, const Operation& operation) {
  if constexpr (Count != 0) {
    if (wave.special_mode && !wave.in_mode) return run_in_mode(wave, operation, Type::float32);
  }
  for (unsigned half = 0; half < 2; ++half) {
    const u32 mask = enabled(wave, half);
    if (mask == 0) continue;
    alignas(64) std::array<HalfWave, 2> result;
    for (unsigned r = 0; r < 2; ++r) {
      alignas(64) std::array<HalfWave, 3> in{};
      const unsigned select = r == 0 ? operation.op_sel : operation.op_sel_hi;
      const unsigned negated = r == 0 ? operation.neg_lo : operation.neg_hi;
      for (std::size_t i = 0; i < Count; ++i) {
        part_of(wave, operation, i, half, bit(select, i), bit(negated, i), in[i]);
      }
      for (unsigned l = 0; l < kHalf; ++l) {
        result[r][l] =
            std::bit_cast<u32>(F{}(std::bit_cast<float>(in[0][l]), std::bit_cast<float>(in[1][l]),
                                   std::bit_cast<float>(in[2][l])));
      }
    }
    write<u64>(wave, operation, half, mask, result[0].data(), result[1].data());
  }
}

// Low result from source 0, high result from source 1; op_sel picks the word of each.
void run_move_pair(Wave& wave, const Operation& operation) {
  for (unsigned half = 0; half < 2; ++half) {
    const u32 mask = enabled(wave, half);
    if (mask == 0) continue;
    alignas(64) std::array<HalfWave, 2> result;
    for (std::size_t i = 0; i < 2; ++i) {
      part_of(wave, operation, i, half, bit(operation.op_sel, i), false, result[i]);
    }
    write<u64>(wave, operation, half, mask, result[0].data(), result[1].data());
  }
}

u32 half_of(u32 word, bool upper) { return upper ? word >> 16 : word & 0xffffU; }

// Two halves a lane. F takes and gives the 16 bits of an element.
template <class F, std::size_t Count, bool Float>
void run_halves(Wave& wave, const Operation& operation) {
  if constexpr (Float) {
    if (wave.special_mode && !wave.in_mode) return run_in_mode(wave, operation, Type::float16);
  }
  for (unsigned half = 0; half < 2; ++half) {
    const u32 mask = enabled(wave, half);
    if (mask == 0) continue;
    std::array<Lanes, Count> in;
    for (std::size_t i = 0; i < Count; ++i) fetch<u32>(wave, operation.source[i], half, in[i]);
    alignas(64) HalfWave result;
    for (unsigned l = 0; l < kHalf; ++l) {
      result[l] = 0;
      for (unsigned r = 0; r < 2; ++r) {
        std::array<u16, 3> element{};
        for (std::size_t i = 0; i < Count; ++i) {
          const u32 part =
              half_of(in[i].low[l], bit(r == 0 ? operation.op_sel : operation.op_sel_hi, i));
          const bool negated = bit(r == 0 ? operation.neg_lo : operation.neg_hi, i);
          element.at(i) = static_cast<u16>(part ^ (negated ? 0x8000U : 0U));
        }
        result[l] |= u32{F{}(element[0], element[1], element[2])} << (16 * r);
      }
    }
    write<u32>(wave, operation, half, mask, result.data(), nullptr);
  }
}

// Each source is a float, or a half where op_sel_hi says so, picked by op_sel. neg_hi means absolute.
float mixed(const Operation& operation, std::size_t i, u32 word) {
  float value = bit(operation.op_sel_hi, i)
                    ? to_float({static_cast<u16>(half_of(word, bit(operation.op_sel, i)))})
                    : std::bit_cast<float>(word);
  if (bit(operation.neg_hi, i)) value = std::fabs(value);
  return bit(operation.neg_lo, i) ? -value : value;
}

enum class Mix { single, low, high };

template <Mix Result>
void run_mix(Wave& wave, const Operation& operation) {
  if (wave.special_mode && !wave.in_mode) return run_in_mode(wave, operation, Type::float32);
  for (unsigned half = 0; half < 2; ++half) {
    const u32 mask = enabled(wave, half);
    if (mask == 0) continue;
    alignas(64) std::array<std::array<float, kHalf>, 3> value;
    for (std::size_t i = 0; i < 3; ++i) {
      Lanes in;
      fetch<u32>(wave, operation.source[i], half, in);
      for (unsigned l = 0; l < kHalf; ++l) value[i][l] = mixed(operation, i, in.low[l]);
    }
    alignas(64) HalfWave result;
    const auto& before = wave.vector[operation.target];
    for (unsigned l = 0; l < kHalf; ++l) {
      float sum = std::fma(value[0][l], value[1][l], value[2][l]);
      if (operation.clamp) sum = sum > 0 ? std::min(sum, 1.0F) : 0.0F;
      if constexpr (Result == Mix::single) {
        result[l] = std::bit_cast<u32>(sum);
      } else {
        const u32 old = before[half * kHalf + l];
        const u32 rounded = to_half(sum).bits;
        result[l] =
            Result == Mix::low ? (old & 0xffff'0000U) | rounded : (old & 0xffffU) | rounded << 16;
      }
    }
    write_word(wave, operation.target, half, mask, result.data());
  }
}

u8 bits_of(const Binding& binding, std::string_view name, u8 otherwise) {
  const Modifier* const modifier = binding.instruction.modifier(name);
  if (modifier == nullptr) return otherwise;
  u8 bits = 0;
  for (std::size_t i = 0; i < modifier->numbers.size(); ++i) {
    if (modifier->numbers[i] != 0) bits = static_cast<u8>(bits | 1U << i);
  }
  return bits;
}

// The signs of a mixed operand are printed with the operand; where its value is a half, they do not
// belong to bit 31 of the word.
void bind_mix(const Binding& binding) {
  Operation& operation = binding.operation;
  expect_modifiers(binding, {"op_sel", "op_sel_hi", "neg_lo", "neg_hi", "clamp"});
  operation.target = binding.vector_target(0);
  operation.clamp = binding.instruction.modifier("clamp") != nullptr;
  operation.op_sel = bits_of(binding, "op_sel", 0);
  operation.op_sel_hi = bits_of(binding, "op_sel_hi", 0);
  operation.neg_lo = bits_of(binding, "neg_lo", 0);
  operation.neg_hi = bits_of(binding, "neg_hi", 0);
  for (std::size_t i = 0; i < 3; ++i) {
    binding.source(i, 1 + i, bit(operation.op_sel_hi, i) ? Type::float16 : Type::float32);
    Source& source = operation.source.at(i);
    if (source.negated) operation.neg_lo = static_cast<u8>(operation.neg_lo | 1U << i);
    if (source.absolute) operation.neg_hi = static_cast<u8>(operation.neg_hi | 1U << i);
    source.negated = source.absolute = source.modified = false;
    source.type = Type::uint32;
  }
}

void bind_packed(const Binding& binding) {
  Operation& operation = binding.operation;
  expect_modifiers(binding, {"op_sel", "op_sel_hi", "neg_lo", "neg_hi"});
  operation.target = binding.vector_target(0);
  operation.op_sel = bits_of(binding, "op_sel", 0);
  operation.op_sel_hi = bits_of(binding, "op_sel_hi", 7);
  operation.neg_lo = bits_of(binding, "neg_lo", 0);
  operation.neg_hi = bits_of(binding, "neg_hi", 0);
  for (std::size_t i = 0; i < binding.entry.count; ++i) {
    const Type type = binding.entry.sources.at(i);
    binding.source(i, 1 + i, type);
    Source& source = operation.source.at(i);
    if (source.kind != Source::Kind::constant) continue;
    if (type == Type::uint64) {
      // One word: floats read an inline constant as their type says, and both parts see it.
      const u64 word = binding.operand(1 + i).kind == Operand::Kind::real
                           ? std::bit_cast<u32>(static_cast<float>(binding.operand(1 + i).real))
                           : low_word(source.value);
      source.value = word | word << 32;
    } else if (is_half(type)) {
      // A float lies in the low half, with nothing in the other one; a whole number has 32 bits with its sign.
      source.value = low_word(source.value);
      if (binding.operand(1 + i).kind == Operand::Kind::real) source.value &= 0xffffU;
    }
  }
  // A pair of halves is one word.
  if (is_half(binding.entry.sources[0])) {
    for (Source& source : operation.source) source.type = Type::uint32;
  }
}

template <std::size_t Count, class F>
constexpr Entry pairs(F) {
  return {&run_pairs<F, Count>,
          &bind_packed,
          Type::uint64,
          {Type::uint64, Type::uint64, Type::uint64},
          Count};
}
template <std::size_t Count, Type T, class F>
constexpr Entry halves(F) {
  return {&run_halves < F, Count, T == Type::float16 >, &bind_packed, Type::uint32,
          {T, T, T},       Count};
}

void add_half_pairs(Table& table) {
  table.add("v_pk_add_f16", halves<2, Type::float16>([](u16 a, u16 b, u16) {
              return to_half(to_float({a}) + to_float({b})).bits;
            }));
  table.add("v_pk_mul_f16", halves<2, Type::float16>([](u16 a, u16 b, u16) {
              return to_half(to_float({a}) * to_float({b})).bits;
            }));
  table.add("v_pk_fma_f16", halves<3, Type::float16>(
                                [](u16 a, u16 b, u16 c) { return half_fma({a}, {b}, {c}).bits; }));
  table.add("v_pk_min_f16", halves<2, Type::float16>([](u16 a, u16 b, u16) {
              return to_half(minimum(to_float({a}), to_float({b}))).bits;
            }));
  table.add("v_pk_max_f16", halves<2, Type::float16>([](u16 a, u16 b, u16) {
              return to_half(maximum(to_float({a}), to_float({b}))).bits;
            }));
}

void add_short_pairs(Table& table) {
  constexpr auto sum = [](u16 a, u16 b, u16) { return static_cast<u16>(a + b); };
  constexpr auto difference = [](u16 a, u16 b, u16) { return static_cast<u16>(a - b); };
  constexpr auto product = [](u16 a, u16 b, u16) { return static_cast<u16>(u32{a} * b); };
  constexpr auto product_sum = [](u16 a, u16 b, u16 c) { return static_cast<u16>(u32{a} * b + c); };
  table.add("v_pk_add_u16", halves<2, Type::uint16>(sum));
  table.add("v_pk_add_i16", halves<2, Type::uint16>(sum));
  table.add("v_pk_sub_u16", halves<2, Type::uint16>(difference));
  table.add("v_pk_sub_i16", halves<2, Type::uint16>(difference));
  table.add("v_pk_mul_lo_u16", halves<2, Type::uint16>(product));
  table.add("v_pk_mad_u16", halves<3, Type::uint16>(product_sum));
  table.add("v_pk_mad_i16", halves<3, Type::uint16>(product_sum));
  table.add("v_pk_min_u16",
            halves<2, Type::uint16>([](u16 a, u16 b, u16) { return std::min(a, b); }));
  table.add("v_pk_max_u16",
            halves<2, Type::uint16>([](u16 a, u16 b, u16) { return std::max(a, b); }));
  table.add("v_pk_min_i16", halves<2, Type::uint16>([](u16 a, u16 b, u16) {
              return static_cast<u16>(std::min(static_cast<i16>(a), static_cast<i16>(b)));
            }));
  table.add("v_pk_max_i16", halves<2, Type::uint16>([](u16 a, u16 b, u16) {
              return static_cast<u16>(std::max(static_cast<i16>(a), static_cast<i16>(b)));
            }));
  table.add("v_pk_lshlrev_b16", halves<2, Type::uint16>([](u16 a, u16 b, u16) {
              return static_cast<u16>(u32{b} << (a & 15U));
            }));
  table.add("v_pk_lshrrev_b16", halves<2, Type::uint16>([](u16 a, u16 b, u16) {
              return static_cast<u16>(b >> (a & 15U));
            }));
  table.add("v_pk_ashrrev_i16", halves<2, Type::uint16>([](u16 a, u16 b, u16) {
              return static_cast<u16>(static_cast<i16>(b) >> (a & 15U));
            }));
}

}  // namespace

void add_packed(Table& table) {
  table.add("v_pk_add_f32", pairs<2>([](float a, float b, float) { return a + b; }));
  table.add("v_pk_mul_f32", pairs<2>([](float a, float b, float) { return a * b; }));
  table.add("v_pk_fma_f32", pairs<3>([](float a, float b, float c) { return std::fma(a, b, c); }));
  table.add("v_pk_mov_b32",
            {&run_move_pair, &bind_packed, Type::uint64, {Type::uint64, Type::uint64}, 2});
  add_half_pairs(table);
  add_short_pairs(table);
  const auto mix = [](Handler run) {
    return Entry{run, &bind_mix, Type::float32, {Type::float32, Type::float32, Type::float32}, 3};
  };
  for (const std::string name : {"v_fma_mix", "v_mad_mix"}) {
    table.add(name + "_f32", mix(&run_mix<Mix::single>));
    table.add(name + "lo_f16", mix(&run_mix<Mix::low>));
    table.add(name + "hi_f16", mix(&run_mix<Mix::high>));
  }
}

}  // namespace mlacheck::amd
