// Contents of form 2 of the quantized batched product.
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "harness/op/random.hpp"
#include "properties/common/values.hpp"
#include "properties/quantized_bmm/draws.hpp"
#include "properties/quantized_bmm/values.hpp"
#include "reference/common/formats.hpp"

namespace mlacheck::quantized_bmm {
namespace {

double small_integer(std::uint64_t lot) { return static_cast<double>(lot % 9) - 4; }

bool is_exact(Values values) {
  switch (values) {
    case Values::grid:
    case Values::x_one_hot:
    case Values::w_one_hot:
    case Values::every_code:
    case Values::ties:
    case Values::zero_rows:
      return true;
    default:
      return false;
  }
}

// Midway between two codes whose mantissas have three bits, in units of the scale.
double tie(std::uint64_t lot) {
  const double middle = static_cast<double>(17 + 2 * (lot % 8));  // 17, 19, ... 31
  const double magnitude = std::ldexp(middle, -static_cast<int>((lot >> 8) % 6));
  return (lot & 0x10000U) != 0 ? -magnitude : magnitude;
}

// What a line of x holds at `k` in place of an ordinary number; 0 for "nothing special".
double special_at(std::uint64_t seed, std::int64_t row, std::int64_t k, std::int64_t depth) {
  const std::uint64_t lot = draw(seed, "x_special", row);
  if (lot % 4 != 0) return 0;
  const auto place = static_cast<std::int64_t>((lot >> 8) % static_cast<std::uint64_t>(depth));
  const bool second = k == (place + 5) % depth;
  if (k != place && !second) return 0;
  const double infinity = std::numeric_limits<double>::infinity();
  switch ((lot >> 40) % 4) {
    case 0:
      return second ? 0 : std::numeric_limits<double>::quiet_NaN();
    case 1:
      return second ? 0 : infinity;
    case 2:
      return second ? infinity : -infinity;
    default:
      return second ? std::numeric_limits<double>::quiet_NaN() : infinity;
  }
}

double x_value(Values values, std::uint64_t seed, double largest, const Sizes& sizes,
               std::int64_t row, std::int64_t k) {
  const std::int64_t index = row * sizes.depth + k;
  const std::int64_t groups = (sizes.depth - 1) / kFp8Group + 1;
  const std::uint64_t lot = draw(seed, "x", index);
  const std::uint64_t group_lot = draw(seed, "x_group", row * groups + k / kFp8Group);
  const auto ordinary = [&](ValueClass value_class) {
    return raw_value(value_class, DType::bf16, seed, Stream("x").number,
                     static_cast<std::uint64_t>(index));
  };
  // The largest element of an exact group; every group has the place.
  const std::int64_t in_group = std::min(kFp8Group, sizes.depth - k / kFp8Group * kFp8Group);
  const bool is_largest =
      k % kFp8Group == static_cast<std::int64_t>(group_lot % static_cast<std::uint64_t>(in_group));
  const auto scaled = [&](double value) {
    const double sign = (lot & 0x1000000U) != 0 ? -1 : 1;
    return std::ldexp(is_largest ? sign * largest : value, narrow(group_lot >> 16));
  };
  switch (values) {
    case Values::grid:
    case Values::w_one_hot:
      return scaled(small_integer(lot));
    case Values::x_one_hot:
    case Values::every_code:
      if (k != (row / sizes.heads + row % sizes.heads) % sizes.depth) return 0;
      return std::ldexp(lot % 2 == 0 ? largest : -largest, narrow(group_lot >> 16));
    case Values::ties:
      return scaled(tie(lot));
    case Values::zero_rows:
      if (row % 2 == 0) return (lot & 1U) != 0 ? -0.0 : 0.0;
      return scaled(small_integer(lot));
    case Values::boundaries:
      // Around the lower limit of a group's largest magnitude.
      return std::ldexp(1e-10, static_cast<int>(group_lot % 5) - 2) * ordinary(ValueClass::normal);
    case Values::normal:
      return ordinary(ValueClass::normal);
    case Values::wide:
      return std::ldexp(ordinary(ValueClass::normal), spread(group_lot));
    case Values::one_signed:
      return std::ldexp(ordinary(ValueClass::one_signed), spread(group_lot));
    case Values::tiny:
      return ordinary(ValueClass::tiny);
    case Values::special: {
      const double value = special_at(seed, row, k, sizes.depth);
      return value != 0 ? value : ordinary(ValueClass::normal);
    }
    case Values::alone:
      return alone_x(DType::bf16, seed, sizes, row, k, kFp8Group, ordinary(ValueClass::normal));
  }
  throw std::logic_error("unhandled value class");
}

std::uint32_t integer_code(Fp8Format format, double value) {
  return reference::encode(reference::small_format(format), value, reference::Convention::ocp,
                           true);
}

std::uint32_t w_code(Values values, Fp8Format format, std::uint64_t seed, const Sizes& sizes,
                     std::int64_t row, std::int64_t k) {
  const std::uint64_t lot = draw(seed, "w", row * sizes.depth + k) >> 20;
  switch (values) {
    case Values::grid:
    case Values::ties:
      return integer_code(format, small_integer(lot));
    case Values::zero_rows:
      return row % 3 == 0 ? 0 : integer_code(format, small_integer(lot));
    case Values::alone: {
      // One sign a column, as in the other forms.
      const std::uint64_t column = draw(seed, "w_sign", row);
      if (column % 8 == 0) return 0;
      const double magnitude = 1 + static_cast<double>(lot % 4);
      return integer_code(format, column % 2 == 0 ? magnitude : -magnitude);
    }
    case Values::x_one_hot:
      // Different at neighbours along every axis, and never a zero.
      return static_cast<std::uint32_t>(
          1 + (row / sizes.columns * 17 + row % sizes.columns * 5 + k) % 120);
    case Values::every_code:
      return static_cast<std::uint32_t>((row + k) % 256);
    case Values::w_one_hot:
      if (k != (row / sizes.columns + row % sizes.columns) % sizes.depth) return 0;
      return static_cast<std::uint32_t>(1 + lot % 120);
    default:
      break;
  }
  const auto magnitude = static_cast<std::uint32_t>(lot % 127);
  // E4M3FNUZ has no negative zero; all of these are numbers.
  const bool negative = values != Values::one_signed && (lot & 0x8000U) != 0 && magnitude != 0;
  if (values == Values::special && draw(seed, "w_special", row) % 8 == 0 && lot % 64 == 0) {
    return format == Fp8Format::e4m3fnuz ? 0x80 : 0xff;
  }
  return magnitude + (negative ? 128 : 0);
}

}  // namespace

std::vector<std::uint32_t> fp8_x_bits(Values values, std::uint64_t seed, double largest,
                                      const Sizes& sizes) {
  std::vector<std::uint32_t> bits;
  for (std::int64_t row = 0; row < sizes.tokens * sizes.heads; ++row) {
    for (std::int64_t k = 0; k < sizes.depth; ++k) {
      bits.push_back(encode(DType::bf16, x_value(values, seed, largest, sizes, row, k)));
    }
  }
  return bits;
}

std::vector<std::uint32_t> fp8_w_codes(Values values, Fp8Format format, std::uint64_t seed,
                                       const Sizes& sizes) {
  std::vector<std::uint32_t> codes;
  for (std::int64_t row = 0; row < sizes.heads * sizes.columns; ++row) {
    for (std::int64_t k = 0; k < sizes.depth; ++k) {
      codes.push_back(w_code(values, format, seed, sizes, row, k));
    }
  }
  return codes;
}

std::uint32_t fp8_w_scale(Values values, WeightScale size, std::uint64_t seed) {
  const std::uint64_t lot = draw(seed, "w_scale", 0);
  const double significand = is_exact(values) ? 1 : 1 + static_cast<double>(lot >> 40) * 0x1p-24;
  // The scale keeps sums of whole groups within fp16. Groups around 1e-10 (`boundaries`) come to
  // sums of about one.
  const int exponent = values == Values::boundaries ? 20 : -8;
  const double ordinary = std::ldexp(significand, exponent - static_cast<int>(lot % 5));
  switch (size) {
    case WeightScale::ordinary:
      return encode(DType::f32, ordinary);
    case WeightScale::negative:
      return encode(DType::f32, -ordinary);
    case WeightScale::zero:
      return encode(DType::f32, lot % 2 == 0 ? 0.0 : -0.0);
    case WeightScale::subnormal:
      return encode(DType::f32, std::ldexp(1 + static_cast<double>(lot % 5), -130));
    case WeightScale::smallest:
      return encode(DType::f32, 0x1p-126);
    case WeightScale::largest:
      return encode(DType::f32, largest_finite(DType::f32));
  }
  throw std::logic_error("unhandled size of a scale");
}

std::vector<std::uint32_t> fp8_bias_bits(std::uint64_t seed, const Sizes& sizes) {
  return fill(DType::bf16, ValueClass::normal, seed, "bias", sizes.heads * sizes.columns, 4);
}

}  // namespace mlacheck::quantized_bmm
