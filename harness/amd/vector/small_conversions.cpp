// Between fp32 and the 8-bit formats, gfx942.
#include <algorithm>

#include "harness/amd/matrix/small_floats.hpp"
#include "harness/amd/vector/families.hpp"
#include "harness/amd/vector/lanes.hpp"

namespace mlacheck::amd {
namespace {

// FP16_OVFL: COMPUTE_PGM_RSRC1, bit 26.
bool saturates(const Wave& wave) { return (wave.block->kernel->rsrc1 >> 26 & 1U) != 0; }

// Two values to the low half of the target, or to its high half; the other half is kept.
template <u8 (*Convert)(float, bool)>
void run_pack(Wave& wave, const Operation& operation) {
  for (unsigned half = 0; half < 2; ++half) {
    const u32 mask = enabled(wave, half);
    if (mask == 0) continue;
    std::array<Lanes, 2> in;
    fetch<float>(wave, operation.source[0], half, in[0]);
    fetch<float>(wave, operation.source[1], half, in[1]);
    alignas(64) std::array<u32, kHalf> result;
    const bool clamps = saturates(wave);
    for (unsigned i = 0; i < kHalf; ++i) {
      const u32 low = Convert(std::bit_cast<float>(in[0].low[i]), clamps);
      const u32 high = Convert(std::bit_cast<float>(in[1].low[i]), clamps);
      const u32 old = wave.vector[operation.target][half * kHalf + i];
      const u32 pair = low | high << 8;
      result[i] =
          operation.op_sel != 0 ? (old & 0xffffU) | pair << 16 : (old & 0xffff'0000U) | pair;
    }
    write_word(wave, operation.target, half, mask, result.data());
  }
}

void bind_pack(const Binding& binding) {
  expect_modifiers(binding, {"op_sel"});
  Operation& operation = binding.operation;
  operation.target = binding.vector_target(0);
  binding.source(0, 1, Type::float32);
  binding.source(1, 2, Type::float32);
  const Modifier* const chosen = binding.instruction.modifier("op_sel");
  operation.op_sel =
      chosen != nullptr && chosen->numbers.size() == 3 && chosen->numbers[2] != 0 ? 1 : 0;
}

// The formats of gfx950 are others; so is the result of what is too large.
template <u8 (*Convert)(float, bool), u8 (*Ocp)(float, bool)>
void bind_pack_for(const Binding& binding) {
  bind_pack(binding);
  if (binding.target == Target::gfx950) binding.operation.run = &run_pack<Ocp>;
}

template <u8 (*Convert)(float, bool), u8 (*Ocp)(float, bool)>
constexpr Entry pack() {
  return {&run_pack<Convert>,
          &bind_pack_for<Convert, Ocp>,
          Type::uint32,
          {Type::float32, Type::float32},
          2};
}

// Bytes to floats; `Run` and `Ocp` are functions of a word.
template <Handler Ocp>
void bind_unpack(const Binding& binding) {
  bind_vector(binding);
  if (binding.target == Target::gfx950) binding.operation.run = Ocp;
}
template <class F, class G>
Entry unpack(F function, G) {
  Entry entry = vector(function);
  entry.bind = &bind_unpack<&SignatureOf<G>::template run<G, false>>;
  return entry;
}

template <float (*Convert)(u8)>
u64 unpacked(u32 word) {
  return joined(std::bit_cast<u32>(Convert(static_cast<u8>(word))),
                std::bit_cast<u32>(Convert(static_cast<u8>(word >> 8))));
}

// To the nearest bf16, ties to even, in the low 16 bits. A NaN becomes quiet and keeps the upper part of its
// payload; denormals are kept.
u32 to_bfloat16(float value) {
  const u32 bits = std::bit_cast<u32>(value);
  if ((bits & 0x7fff'ffffU) > 0x7f80'0000U) return bits >> 16 | 0x40U;
  return (bits + 0x7fffU + (bits >> 16 & 1U)) >> 16;
}

// Two fp4 codes of a byte, times 2^(exponent of a float - 127), to a pair of bf16. op_sel says which byte. The
// exponent is a field: 0 is 2^-127, and 255 makes NaN.
void run_scaled_pair(Wave& wave, const Operation& operation) {
  for (unsigned half = 0; half < 2; ++half) {
    const u32 mask = enabled(wave, half);
    if (mask == 0) continue;
    std::array<Lanes, 2> in;
    fetch<u32>(wave, operation.source[0], half, in[0]);
    fetch<u32>(wave, operation.source[1], half, in[1]);
    alignas(64) std::array<u32, kHalf> result;
    for (unsigned i = 0; i < kHalf; ++i) {
      const u32 codes = in[0].low[i] >> (8 * operation.op_sel);
      const float scale = from_e8m0(in[1].low[i] >> 23 & 0xffU);
      result[i] = to_bfloat16(from_fp4(codes & 0xfU) * scale) |
                  to_bfloat16(from_fp4(codes >> 4 & 0xfU) * scale) << 16;
    }
    write_word(wave, operation.target, half, mask, result.data());
  }
}

void bind_scaled_pair(const Binding& binding) {
  expect_modifiers(binding, {"op_sel"});
  Operation& operation = binding.operation;
  operation.target = binding.vector_target(0);
  binding.source(0, 1, Type::uint32);
  binding.source(1, 2, Type::uint32);
  if (operation.source[0].modified || operation.source[1].modified)
    throw Unknown{"signs of scaled operands are not understood"};
  const Modifier* const chosen = binding.instruction.modifier("op_sel");
  if (chosen == nullptr) return;
  for (std::size_t i = 0; i < std::min<std::size_t>(chosen->numbers.size(), 2); ++i)
    operation.op_sel = static_cast<u8>(operation.op_sel | (chosen->numbers[i] != 0 ? 1U << i : 0U));
}

}  // namespace

void add_small_conversions(Table& table) {
  table.add("v_cvt_pk_bf16_f32", vector_without_mode([](float low, float high) {
              return to_bfloat16(low) | to_bfloat16(high) << 16;
            }));
  table.add("v_cvt_scalef32_pk_bf16_fp4",
            {&run_scaled_pair, &bind_scaled_pair, Type::uint32, {Type::uint32, Type::uint32}, 2});
  table.add("v_cvt_pk_fp8_f32", pack<&to_fp8, &to_ocp_fp8>());
  table.add("v_cvt_pk_bf8_f32", pack<&to_bf8, &to_ocp_bf8>());
  table.add("v_cvt_pk_f32_fp8", unpack([](u32 word) { return unpacked<&from_fp8>(word); },
                                       [](u32 word) { return unpacked<&from_ocp_fp8>(word); }));
  table.add("v_cvt_pk_f32_bf8", unpack([](u32 word) { return unpacked<&from_bf8>(word); },
                                       [](u32 word) { return unpacked<&from_ocp_bf8>(word); }));
  table.add("v_cvt_f32_fp8", unpack([](u32 word) { return from_fp8(static_cast<u8>(word)); },
                                    [](u32 word) { return from_ocp_fp8(static_cast<u8>(word)); }));
  table.add("v_cvt_f32_bf8", unpack([](u32 word) { return from_bf8(static_cast<u8>(word)); },
                                    [](u32 word) { return from_ocp_bf8(static_cast<u8>(word)); }));
}

}  // namespace mlacheck::amd
