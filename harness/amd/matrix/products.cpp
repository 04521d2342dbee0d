// MFMA: D = A B + C on the matrix unit, one block of 16 x 16 or 32 x 32 results in fp32.
//
// Where the elements lie (AMD's "Matrix Instruction Calculator" prints the same): with n = 16 or 32 rows,
// lane l holds row l % n of A and column l % n of B, the k's from (l / n) * e on, where e is the number of
// elements that a lane holds. Result register r of lane l is column l % n and row
// 4 (l / n) + r for 16 rows, 8 (r / 4) + 4 (l / 32) + r % 4 for 32. EXEC plays no part.
//
// Numeric contract: products are exact and summed in double in ascending k, C is added, and the sum is
// rounded once to fp32, to nearest. The hardware aligns the terms and cuts them off before it adds, so it may
// be less exact than this by a few units in the last place of the largest term.
#include <array>
#include <type_traits>

#include "harness/amd/matrix/families.hpp"
#include "harness/amd/matrix/layout.hpp"
#include "harness/amd/matrix/small_floats.hpp"
#include "harness/amd/vector/floats.hpp"
#include "harness/amd/vector/half.hpp"
#include "harness/amd/wave/wave.hpp"

namespace mlacheck::amd {
namespace {

float from_bfloat16(u32 bits) { return std::bit_cast<float>(bits << 16); }

struct Bfloat16 {
  static constexpr unsigned kBits = 16;
  static float value(u32 bits) { return from_bfloat16(bits); }
};
struct Float16 {
  static constexpr unsigned kBits = 16;
  static float value(u32 bits) { return to_float({static_cast<u16>(bits)}); }
};
struct Float32 {
  static constexpr unsigned kBits = 32;
  static float value(u32 bits) { return std::bit_cast<float>(bits); }
};
/// Of gfx90a, whose products of 16 bits take subnormal numbers for zero and give none (MIOpen's
/// documentation, "MI200 matrix fused multiply-add behavior specifics").
template <class T>
struct Flushing : T {
  static float value(u32 bits) {
    constexpr u32 kExponent = std::is_same_v<T, Float16> ? 0x7c00 : 0x7f80;
    return T::value((bits & kExponent) == 0 ? bits & 0x8000U : bits);
  }
};
template <class T>
inline constexpr bool kFlushes = false;
template <class T>
inline constexpr bool kFlushes<Flushing<T>> = true;

template <float (*Decode)(u8)>
struct Byte {
  static constexpr unsigned kBits = 8;
  static float value(u32 bits) {
    static const std::array<float, 256> kValues = [] {
      std::array<float, 256> values{};
      for (unsigned code = 0; code < 256; ++code) values.at(code) = Decode(static_cast<u8>(code));
      return values;
    }();
    return kValues[bits & 0xffU];
  }
};
struct Fp8 : Byte<&from_fp8> {
  using Ocp = Byte<&from_ocp_fp8>;
};
struct Bf8 : Byte<&from_bf8> {
  using Ocp = Byte<&from_ocp_bf8>;
};

template <unsigned Rows, unsigned Depth>
struct Shape {
  static constexpr unsigned kRows = Rows;
  static constexpr unsigned kDepth = Depth;
  static constexpr unsigned kElements = Depth * Rows / kLanes;  ///< of A or B in a lane
  static constexpr unsigned kResults = Rows * Rows / kLanes;    ///< in a lane
};

template <class S>
using Matrix = std::array<std::array<float, S::kDepth>, S::kRows>;

template <class S, class T>
void unpack(const Wave& wave, const Source& source, Matrix<S>& matrix) {
  constexpr unsigned kPerWord = 32 / T::kBits;
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    float* const to = &matrix[lane % S::kRows][lane / S::kRows * S::kElements];
    for (unsigned e = 0; e < S::kElements; ++e) {
      const u32 word = wave.vector[source.index + e / kPerWord][lane];
      const u32 bits = word >> (T::kBits * (e % kPerWord));
      to[e] = T::value(T::kBits == 32 ? bits : bits & ((1U << T::kBits % 32) - 1U));
    }
  }
}

template <class S, class A, class B>
void run_product(Wave& wave, const Operation& operation) {
  alignas(64) Matrix<S> a;
  alignas(64) Matrix<S> b;
  unpack<S, A>(wave, operation.source[0], a);
  unpack<S, B>(wave, operation.source[1], b);
  // Results may overwrite any source.
  std::array<std::array<u32, kLanes>, S::kResults> result;
  const Source& added = operation.source[2];
  for (unsigned r = 0; r < S::kResults; ++r) {
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      const auto& left = a[result_row<S::kRows>(lane, r)];
      const auto& right = b[lane % S::kRows];
      double sum = 0;
      for (unsigned k = 0; k < S::kDepth; ++k)
        sum += static_cast<double>(left[k]) * static_cast<double>(right[k]);
      const u32 c = added.kind == Source::Kind::vector ? wave.vector[added.index + r][lane]
                                                       : low_word(added.value);
      float addend = std::bit_cast<float>(c);
      if constexpr (kFlushes<A>) addend = flushed(addend);
      float rounded = static_cast<float>(sum + static_cast<double>(addend));
      if constexpr (kFlushes<A>) rounded = flushed(rounded);
      result[r][lane] = std::bit_cast<u32>(rounded);
    }
  }
  for (unsigned r = 0; r < S::kResults; ++r) wave.vector[operation.target + r] = result[r];
}

template <class S, class A, class B>
void bind_product(const Binding& binding) {
  expect_modifiers(binding, {});  // no broadcast, no permutation of blocks
  constexpr unsigned kWords = S::kElements * A::kBits / 32;
  bind_matrix(binding, 0, S::kResults);
  bind_matrix(binding, 1, kWords);
  bind_matrix(binding, 2, kWords);
  bind_addend(binding, 3, S::kResults);
  binding.operation.target = binding.vector_target(0);
  binding.source(0, 1, Type::uint32);
  binding.source(1, 2, Type::uint32);
  if constexpr (A::kBits == 16) {
    if (binding.target == Target::gfx90a)
      binding.operation.run = &run_product<S, Flushing<A>, Flushing<B>>;
  }
  // gfx950 reads OCP's codes, where gfx942 reads the other ones.
  if constexpr (A::kBits == 8) {
    if (binding.target == Target::gfx950)
      binding.operation.run = &run_product<S, typename A::Ocp, typename B::Ocp>;
  }
}

template <class S, class A, class B = A>
constexpr Entry product() {
  static_assert(A::kBits == B::kBits);
  return {&run_product<S, A, B>, &bind_product<S, A, B>, Type::float32, {}, 3};
}

}  // namespace

void add_matrix_products(Table& table) {
  using Small = Shape<16, 16>;
  using Large = Shape<32, 8>;
  for (const char* const name : {"v_mfma_f32_16x16x16_bf16", "v_mfma_f32_16x16x16bf16_1k"}) {
    table.add(name, product<Small, Bfloat16>());
  }
  for (const char* const name : {"v_mfma_f32_16x16x16_f16", "v_mfma_f32_16x16x16f16"}) {
    table.add(name, product<Small, Float16>());
  }
  for (const char* const name : {"v_mfma_f32_32x32x8_bf16", "v_mfma_f32_32x32x8bf16_1k"}) {
    table.add(name, product<Large, Bfloat16>());
  }
  for (const char* const name : {"v_mfma_f32_32x32x8_f16", "v_mfma_f32_32x32x8f16"}) {
    table.add(name, product<Large, Float16>());
  }
  for (const char* const name : {"v_mfma_f32_16x16x4_f32", "v_mfma_f32_16x16x4f32"}) {
    table.add(name, product<Shape<16, 4>, Float32>());
  }
  // gfx950's, of twice the depth.
  table.add("v_mfma_f32_16x16x32_bf16", product<Shape<16, 32>, Bfloat16>());
  table.add("v_mfma_f32_16x16x32_f16", product<Shape<16, 32>, Float16>());
  table.add("v_mfma_f32_32x32x16_bf16", product<Shape<32, 16>, Bfloat16>());
  table.add("v_mfma_f32_32x32x16_f16", product<Shape<32, 16>, Float16>());
  table.add("v_mfma_f32_16x16x32_fp8_fp8", product<Shape<16, 32>, Fp8>());
  table.add("v_mfma_f32_16x16x32_fp8_bf8", product<Shape<16, 32>, Fp8, Bf8>());
  table.add("v_mfma_f32_16x16x32_bf8_fp8", product<Shape<16, 32>, Bf8, Fp8>());
  table.add("v_mfma_f32_16x16x32_bf8_bf8", product<Shape<16, 32>, Bf8>());
  table.add("v_mfma_f32_32x32x16_fp8_fp8", product<Shape<32, 16>, Fp8>());
}

}  // namespace mlacheck::amd
