#include "properties/quantized_bmm/values.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "harness/op/random.hpp"
#include "properties/common/values.hpp"
#include "properties/quantized_bmm/draws.hpp"
#include "reference/common/quantize.hpp"

namespace mlacheck::quantized_bmm {
namespace {

constexpr std::int64_t kBlock = kMxBlock;
constexpr int kBias = 127;  // of E8M0

double grid_value(std::uint64_t code) {
  static constexpr std::array<double, 8> kMagnitudes{0, 0.5, 1, 1.5, 2, 3, 4, 6};
  const double magnitude = kMagnitudes[code % 8];
  return code % 16 >= 8 ? -magnitude : magnitude;
}

// Midway between two codes, in units of the scale.
double tie(std::uint64_t lot) {
  static constexpr std::array<double, 7> kTies{0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5};
  const double magnitude = kTies[lot % 7];
  return (lot & 16U) != 0 ? -magnitude : magnitude;
}

// Largest elements of a block, as multiples of a power of two: E2M1's precision changes at 1.75,
// the other rules' at 1 and 1.5. An ulp of bf16 at each side of them; of fp16, too, which vanishes
// where a kernel takes its way through bf16.
double boundary(DType dtype, std::uint64_t lot) {
  const bool own = dtype == DType::f16 && (lot >> 32) % 2 == 0;
  const double ulp = own ? 0x1p-10 : 0x1p-7;
  const std::array<double, 9> largest{1.0,  1.0 + ulp,  1.5,        1.5 + ulp, 1.5 - ulp,
                                      1.75, 1.75 - ulp, 1.75 + ulp, 2.0 - ulp};
  return largest[lot % 9];
}

// What row `row` of x holds at `k` in place of an ordinary number; 0 for "nothing special".
double special_at(DType dtype, std::uint64_t seed, std::int64_t row, std::int64_t k,
                  std::int64_t depth) {
  const std::uint64_t lot = draw(seed, "x_special", row);
  if (lot % 4 != 0) return 0;
  const auto place = static_cast<std::int64_t>((lot >> 8) % static_cast<std::uint64_t>(depth));
  // A second special element, in the same block or in the next.
  const bool second = k == (place + 5) % depth;
  if (k != place && !second) return 0;
  switch ((lot >> 40) % 5) {
    case 0:
      return second ? 0 : std::numeric_limits<double>::quiet_NaN();
    case 1:
      return second ? 3 : std::numeric_limits<double>::infinity();
    case 2:
      return second ? std::numeric_limits<double>::infinity()
                    : -std::numeric_limits<double>::infinity();
    case 3:
      return second ? std::numeric_limits<double>::quiet_NaN()
                    : std::numeric_limits<double>::infinity();
    default:
      // The top binade, below and above 1.75 * 2^127 for bf16.
      return largest_finite(dtype) * (second ? -0.5 : 1);
  }
}

double x_value(Values values, DType dtype, std::uint64_t seed, const Sizes& sizes, std::int64_t row,
               std::int64_t k) {
  const std::int64_t index = row * sizes.depth + k;
  const std::uint64_t lot = draw(seed, "x", index);
  const std::uint64_t block_lot = draw(seed, "x_block", index / kBlock);
  const auto ordinary = [&](ValueClass value_class) {
    return raw_value(value_class, dtype, seed, Stream("x").number,
                     static_cast<std::uint64_t>(index));
  };
  const auto on_grid = [&] { return std::ldexp(grid_value(lot), narrow(block_lot)); };
  const std::int64_t token = row / sizes.heads;
  switch (values) {
    case Values::grid:
    case Values::w_one_hot:
      return on_grid();
    case Values::x_one_hot:
    case Values::every_code:
      // Powers of two and six times them: their codes are 6 (4) and 7 (6).
      if (k != (token + row % sizes.heads) % sizes.depth) return 0;
      return std::ldexp(lot % 2 == 0 ? 1 : -6, static_cast<int>(block_lot % 5) - 2);
    case Values::ties: {
      // The largest element fixes the scale; at 6.5 it saturates.
      static constexpr std::array<double, 4> kLargest{6, 4, 5, 6.5};
      const double element = k % kBlock == static_cast<std::int64_t>(block_lot % 32)
                                 ? kLargest[(block_lot >> 8) % 4]
                                 : tie(lot);
      return std::ldexp(element, narrow(block_lot >> 16));
    }
    case Values::boundaries: {
      if (k % kBlock == static_cast<std::int64_t>(block_lot % 32)) {
        const double largest = boundary(dtype, block_lot >> 8);
        return std::ldexp((lot & 1U) != 0 ? -largest : largest, narrow(block_lot >> 16));
      }
      return std::ldexp(static_cast<double>(lot % 129) / 128 - 0.5, narrow(block_lot >> 16));
    }
    case Values::zero_rows:
      if (row % 2 == 0) return (lot & 1U) != 0 ? -0.0 : 0.0;
      return on_grid();
    case Values::wide:
      return std::ldexp(ordinary(ValueClass::normal), spread(block_lot));
    case Values::one_signed:
      return std::ldexp(ordinary(ValueClass::one_signed), spread(block_lot));
    case Values::tiny:
      return ordinary(ValueClass::tiny);
    case Values::special: {
      const double value = special_at(dtype, seed, row, k, sizes.depth);
      return value != 0 ? value : ordinary(ValueClass::normal);
    }
    case Values::alone:
      return alone_x(dtype, seed, sizes, row, k, kBlock, ordinary(ValueClass::normal));
    case Values::normal:
      return ordinary(ValueClass::normal);
  }
  throw std::logic_error("unhandled value class");
}

std::uint32_t w_code(Values values, std::uint64_t seed, const Sizes& sizes, std::int64_t row,
                     std::int64_t k) {
  const auto lot = static_cast<std::uint32_t>(draw(seed, "w", row * sizes.depth + k) >> 20);
  const std::int64_t place = row / sizes.columns + row % sizes.columns;
  switch (values) {
    case Values::x_one_hot:
      // Different at neighbours along every axis, and never a zero.
      return static_cast<std::uint32_t>(
                 1 + (row / sizes.columns * 5 + row % sizes.columns * 3 + k) % 7) +
             static_cast<std::uint32_t>((k / 7 + row) % 2 * 8);
    case Values::every_code:
      return static_cast<std::uint32_t>((row + k) % 16);
    case Values::w_one_hot:
      return k == place % sizes.depth ? 1 + lot % 7 : 0;
    case Values::zero_rows:
      return row % 3 == 0 ? lot % 2 * 8 : lot % 16;
    case Values::one_signed:
      return lot % 8;
    case Values::alone:
      // One sign a column: sums that leave the range do so whatever their order.
      return lot % 8 + (draw(seed, "w_sign", row) % 2 == 0 ? 0 : 8);
    default:
      return lot % 16;
  }
}

int w_exponent(Values values, DType dtype, std::uint64_t seed, const Sizes& sizes, std::int64_t row,
               std::int64_t block) {
  const std::uint64_t lot = draw(seed, "w_block", row * (sizes.depth / kBlock) + block);
  switch (values) {
    case Values::x_one_hot:
      return static_cast<int>((block + row) % 4);
    case Values::every_code: {
      // One byte for each column. Every other seed begins just below NaN's, which the smallest one
      // follows: few columns meet both then.
      const std::uint64_t half = seed / 2;
      const auto start = static_cast<std::int64_t>(seed % 2 == 0 ? 256 - half % 8 : half % 256);
      return static_cast<int>((row % sizes.columns + 8 * block + start) % 256) - kBias;
    }
    case Values::wide:
    case Values::one_signed:
      return spread(lot);
    case Values::tiny:
      // Products around one, or with bf16's subnormals around 2^-26.
      return narrow(lot) + (dtype == DType::f16 ? 14 : 120);
    case Values::special:
      // Sums stay finite where x is at the top of its range; some scales are the smallest one,
      // which is subnormal in fp32.
      if (lot % 16 == 3) return -kBias;
      return narrow(lot) - 16;
    case Values::alone: {
      // One size a column: at the first, sums of the largest numbers stay finite; at the second,
      // what a block of NaN leaves is seen. The last two are the smallest scale and NaN's.
      static constexpr std::array<int, 8> kSizes{-18, -18, -18, 100, 100, 100, -kBias, 128};
      return kSizes[draw(seed, "w_size", row) % kSizes.size()];
    }
    default:
      return narrow(lot);
  }
}

}  // namespace

double alone_x(DType dtype, std::uint64_t seed, const Sizes& sizes, std::int64_t row,
               std::int64_t k, std::int64_t group, double ordinary) {
  const std::uint64_t lot = draw(seed, "x_alone", row);
  const std::uint64_t of_group =
      draw(seed, "x_group_alone", row * (sizes.depth / group + 1) + k / group);
  // Some groups of a row are ordinary, and some hold one element of the row's kind.
  if (of_group % 4 == 0) return ordinary;
  const bool single = of_group % 4 == 1;
  const auto place = static_cast<std::int64_t>((of_group >> 8) % static_cast<std::uint64_t>(group));
  if (single && k % group != place) return std::copysign(0.0, ordinary);
  const double sign = (lot >> 8) % 2 == 0 ? 1 : -1;
  switch (lot % 6) {
    case 0:
      return std::numeric_limits<double>::quiet_NaN();
    case 1:
      return sign * std::numeric_limits<double>::infinity();
    case 2:
    case 3:
      return sign * largest_finite(dtype);
    case 4:
      return sign * 2 * underflow_error(dtype) * std::ceil(std::fabs(ordinary));
    default:
      return std::copysign(0.0, ordinary);
  }
}

std::vector<std::uint32_t> x_bits(Values values, DType dtype, std::uint64_t seed,
                                  const Sizes& sizes) {
  std::vector<std::uint32_t> bits;
  for (std::int64_t row = 0; row < sizes.tokens * sizes.heads; ++row) {
    for (std::int64_t k = 0; k < sizes.depth; ++k) {
      bits.push_back(encode(dtype, x_value(values, dtype, seed, sizes, row, k)));
    }
  }
  return bits;
}

MxBits x_codes(Values values, std::uint64_t seed, const Sizes& sizes) {
  const std::vector<std::uint32_t> x = x_bits(values, DType::bf16, seed, sizes);
  MxBits result;
  std::array<float, kBlock> block{};
  for (std::size_t first = 0; first < x.size(); first += block.size()) {
    for (std::size_t i = 0; i < block.size(); ++i) {
      block[i] = static_cast<float>(decode(DType::bf16, x[first + i]));
    }
    reference::MxBlock quantized = reference::quantize_mxfp4(block, reference::ScaleRule::even);
    const std::uint64_t lot = draw(seed, "x_scale", static_cast<std::int64_t>(first));
    const bool edges = values == Values::special || values == Values::alone;
    if (edges && lot % 32 == 0) quantized.scale = lot % 64 == 0 ? 255 : 0;
    result.scales.push_back(quantized.scale);
    for (std::size_t i = 0; i < block.size(); i += 2) {
      result.pairs.push_back(quantized.codes[i] + 16U * quantized.codes[i + 1]);
    }
  }
  return result;
}

MxBits w_codes(Values values, DType dtype, std::uint64_t seed, const Sizes& sizes) {
  MxBits result;
  for (std::int64_t row = 0; row < sizes.heads * sizes.columns; ++row) {
    const std::uint64_t lot = draw(seed, "w_special", row);
    const auto blocks = static_cast<std::uint64_t>(sizes.depth / kBlock);
    for (std::int64_t k = 0; k < sizes.depth; k += 2) {
      result.pairs.push_back(w_code(values, seed, sizes, row, k) +
                             16 * w_code(values, seed, sizes, row, k + 1));
      if (k % kBlock != 0) continue;
      const bool nan = values == Values::special && lot % 8 == 0 &&
                       (lot >> 8) % blocks == static_cast<std::uint64_t>(k / kBlock);
      result.scales.push_back(
          nan ? 255U
              : static_cast<std::uint32_t>(
                    kBias + w_exponent(values, dtype, seed, sizes, row, k / kBlock)));
    }
  }
  return result;
}

}  // namespace mlacheck::quantized_bmm
