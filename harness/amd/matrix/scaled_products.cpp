// MFMA of gfx950 over operands of four to eight bits, with a scale for each 32 elements of a row of A and of a
// column of B (v_mfma_scale_*_f8f6f4), or without scales (v_mfma_*_f8f6f4).
//
// With n = 16 or 32 rows, lane l holds 32 elements of row l % n of A and of column l % n of B. Of fp4, they are
// those from k = 32 (l / n) on, the low four bits of a byte first, and the scales of these 32 are the bytes of
// lane l that op_sel (bit 0) and op_sel_hi (bit 1) choose: 2^(byte - 127), 255 is NaN. Where the elements of the
// wider formats lie is the same for A and for B, and is seen by scales only: products with scales are understood
// for fp4, those without for two operands of one width. Result registers lie as in products.cpp.
//
// Numeric contract: products of elements and scales are exact and summed in double in ascending k, C is added,
// and the sum is rounded once to fp32, to nearest. What order and what width the hardware adds in is not
// published; where all partial sums are exact in fp32, it has no influence.
#include <array>
#include <cmath>
#include <limits>

#include "harness/amd/matrix/families.hpp"
#include "harness/amd/matrix/layout.hpp"
#include "harness/amd/matrix/small_floats.hpp"

namespace mlacheck::amd {
namespace {

constexpr unsigned kHeld = 32;  ///< elements of a lane, and of a scale

/// As cbsz and blgp name them.
enum class Format : u8 { fp8 = 0, bf8 = 1, fp4 = 4 };

unsigned bits_of(Format format) { return format == Format::fp4 ? 4 : 8; }

float value_of(Format format, u32 code) {
  switch (format) {
    case Format::fp8:
      return from_ocp_fp8(static_cast<u8>(code));
    case Format::bf8:
      return from_ocp_bf8(static_cast<u8>(code));
    case Format::fp4:
      break;
  }
  return from_fp4(code & 15U);
}

struct Tables {
  std::array<std::array<float, 256>, 5> value{};
  Tables() {
    for (const Format format : {Format::fp8, Format::bf8, Format::fp4}) {
      for (u32 code = 0; code < 256; ++code)
        value.at(static_cast<std::size_t>(format)).at(code) = value_of(format, code);
    }
  }
};

// A's or B's rows with their scales.
template <unsigned Rows, unsigned Depth>
using Matrix = std::array<std::array<double, Depth>, Rows>;

// cbsz and blgp lie in `flags`: bits 0 to 2 and 4 to 6; the bytes of the scales in bits 8 and 9, 12 and 13; bit
// 16 says that there are scales.
constexpr u32 kScaled = 1U << 16;
Format format_of(u32 flags, unsigned operand) {
  return static_cast<Format>(flags >> (4 * operand) & 7U);
}
unsigned byte_of(u32 flags, unsigned operand) { return flags >> (8 + 4 * operand) & 3U; }

template <unsigned Rows, unsigned Depth>
void unpack(const Wave& wave, const Operation& operation, unsigned operand,
            Matrix<Rows, Depth>& matrix) {
  static const Tables kTables;
  const Format format = format_of(operation.flags, operand);
  const auto& values = kTables.value.at(static_cast<std::size_t>(format));
  const unsigned bits = bits_of(format);
  const unsigned words_each = 32 / bits;
  const unsigned index = operation.source.at(operand).index;
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    double scale = 1;
    if ((operation.flags & kScaled) != 0) {
      const u16 scales = operation.source.at(3 + operand).index;
      scale =
          from_e8m0(wave.vector[scales][lane] >> (8 * byte_of(operation.flags, operand)) & 0xffU);
    }
    double* const to = &matrix[lane % Rows][lane / Rows * kHeld];
    for (unsigned e = 0; e < kHeld; ++e) {
      const u32 word = wave.vector[index + e / words_each][lane] >> (bits * (e % words_each));
      to[e] = static_cast<double>(values[word & ((1U << bits) - 1U)]) * scale;
    }
  }
}

template <unsigned Rows, unsigned Depth>
void run_product(Wave& wave, const Operation& operation) {
  static_assert(Rows * Depth == kLanes * kHeld);
  constexpr unsigned kResults = Rows * Rows / kLanes;
  alignas(64) static thread_local Matrix<Rows, Depth> a;
  alignas(64) static thread_local Matrix<Rows, Depth> b;
  unpack<Rows, Depth>(wave, operation, 0, a);
  unpack<Rows, Depth>(wave, operation, 1, b);
  // Results may overwrite any source.
  std::array<std::array<u32, kLanes>, kResults> result;
  const Source& added = operation.source[2];
  for (unsigned r = 0; r < kResults; ++r) {
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      const auto& left = a[result_row<Rows>(lane, r)];
      const auto& right = b[lane % Rows];
      double sum = 0;
      for (unsigned k = 0; k < Depth; ++k) sum += left[k] * right[k];
      const u32 c = added.kind == Source::Kind::vector ? wave.vector[added.index + r][lane]
                                                       : low_word(added.value);
      result[r][lane] = std::bit_cast<u32>(
          static_cast<float>(sum + static_cast<double>(std::bit_cast<float>(c))));
    }
  }
  for (unsigned r = 0; r < kResults; ++r) wave.vector[operation.target + r] = result[r];
}

u32 format_named(const Binding& binding, std::string_view modifier) {
  const i64 number = binding.instruction.number(modifier);
  if (number == 0 || number == 1 || number == 4) return static_cast<u32>(number);
  throw Unknown{"the format " + std::string(modifier) + ":" + std::to_string(number) +
                " is not understood"};
}

u32 scale_byte(const Binding& binding, std::size_t operand) {
  const auto flag = [&](std::string_view name) -> u32 {
    const Modifier* const modifier = binding.instruction.modifier(name);
    return modifier != nullptr && modifier->numbers.size() > operand &&
                   modifier->numbers[operand] != 0
               ? 1
               : 0;
  };
  return flag("op_sel") | flag("op_sel_hi") << 1;
}

void bind_scales(const Binding& binding) {
  Operation& operation = binding.operation;
  bind_matrix(binding, 4, 1);
  bind_matrix(binding, 5, 1);
  binding.source(3, 4, Type::uint32);
  binding.source(4, 5, Type::uint32);
  operation.flags |= kScaled | scale_byte(binding, 0) << 8 | scale_byte(binding, 1) << 12;
}

template <unsigned Rows>
void bind_product(const Binding& binding) {
  constexpr unsigned kResults = Rows * Rows / kLanes;
  Operation& operation = binding.operation;
  const bool scaled = binding.instruction.operands.size() == 6;
  if (scaled) {
    expect_modifiers(binding, {"cbsz", "blgp", "op_sel", "op_sel_hi"});
  } else {
    expect_modifiers(binding, {"cbsz", "blgp"});
  }
  operation.flags = format_named(binding, "cbsz") | format_named(binding, "blgp") << 4;
  const unsigned a_bits = bits_of(format_of(operation.flags, 0));
  const unsigned b_bits = bits_of(format_of(operation.flags, 1));
  if (a_bits != b_bits) throw Unknown{"operands of two widths are not understood"};
  if (scaled && a_bits != 4) throw Unknown{"scales of operands of eight bits are not understood"};
  bind_matrix(binding, 0, kResults);
  bind_matrix(binding, 1, kHeld * a_bits / 32);
  bind_matrix(binding, 2, kHeld * b_bits / 32);
  bind_addend(binding, 3, kResults);
  operation.target = binding.vector_target(0);
  binding.source(0, 1, Type::uint32);
  binding.source(1, 2, Type::uint32);
  if (scaled) bind_scales(binding);
}

template <unsigned Rows, unsigned Depth>
constexpr Entry product() {
  return {&run_product<Rows, Depth>, &bind_product<Rows>, Type::float32, {}, 3};
}

}  // namespace

void add_scaled_products(Table& table) {
  for (const std::string prefix : {"v_mfma_", "v_mfma_scale_"}) {
    table.add(prefix + "f32_16x16x128_f8f6f4", product<16, 128>());
    table.add(prefix + "f32_32x32x64_f8f6f4", product<32, 64>());
  }
}

}  // namespace mlacheck::amd
