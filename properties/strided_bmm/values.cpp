#include "properties/strided_bmm/values.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "harness/op/random.hpp"
#include "properties/common/values.hpp"

namespace mlacheck::strided_bmm {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The class of the elements that are not special, where the two inputs share one.
ValueClass shared_class(Values values) {
  switch (values) {
    case Values::integers:
      return ValueClass::integers;
    case Values::wide:
      return ValueClass::wide;
    case Values::one_signed:
      return ValueClass::one_signed;
    case Values::zeros:
      return ValueClass::zeros;
    default:
      return ValueClass::normal;
  }
}

// Uniform integers that bf16 holds exactly; with larger ones most fp16 sums would overflow.
double large_integer(DType dtype, std::uint64_t bits) {
  const std::int64_t most = dtype == DType::f16 ? 64 : 192;
  const auto width = static_cast<std::uint64_t>(2 * most + 1);
  return static_cast<double>(static_cast<std::int64_t>(bits % width) - most);
}

// What the line `line` (a row of x, a column of w) holds at place `l` instead of an ordinary
// number; 0 for "nothing special". One line in `every` is affected.
double special_at(std::uint64_t seed, std::uint64_t stream, std::uint64_t line, std::int64_t l,
                  std::int64_t latent, std::uint64_t every) {
  const std::uint64_t lot = random_bits(seed ^ 0x5eed5eedULL, stream, line);
  if (lot % every != 0) return 0;
  const auto place = static_cast<std::int64_t>((lot >> 8) % static_cast<std::uint64_t>(latent));
  const std::uint64_t kind = (lot >> 40) % 4;
  if (l == place) {
    if (kind == 0) return std::numeric_limits<double>::quiet_NaN();
    return kind == 1 ? -kInfinity : kInfinity;
  }
  // Infinities of both signs; in a sum they give NaN.
  return kind == 3 && l == (place + 1) % latent ? -kInfinity : 0;
}

// Rows of one kind.
double alone_x(DType dtype, std::uint64_t seed, std::uint64_t row, double ordinary) {
  const std::uint64_t lot = random_bits(seed, stream_of("x.rows"), row);
  const double sign = (lot >> 8) % 2 == 0 ? 1 : -1;
  // Row 0 is of ordinary size: all other rows may be tiny, and then a comparison would show
  // nothing.
  const std::uint64_t kind = row == 0 ? 3 + lot % 2 * 3 : lot % 7;
  switch (kind) {
    case 0:
      return std::numeric_limits<double>::quiet_NaN();
    case 1:
    case 2:
      return sign * kInfinity;
    case 3:
      return sign * largest_finite(dtype);
    case 4:
      return std::copysign(2 * underflow_error(dtype) * std::ceil(4 * std::fabs(ordinary)), sign);
    case 5:
      return std::copysign(0.0, ordinary);
    default:
      return ordinary;
  }
}

// Weights of one sign, of both, zeros, or a single 1. Sums of the largest numbers stay finite.
double alone_w(std::uint64_t seed, std::uint64_t column, std::int64_t l, std::int64_t latent,
               double ordinary) {
  const std::uint64_t lot = random_bits(seed, stream_of("w.columns"), column);
  const double small = std::ldexp(1.0, -std::ilogb(static_cast<double>(latent)) - 3);
  switch (lot % 4) {
    case 0:
      return small;
    case 1:
      return std::copysign(small, ordinary);
    case 2:
      return l == static_cast<std::int64_t>((lot >> 8) % static_cast<std::uint64_t>(latent));
    default:
      return (lot >> 8) % 4 == 0 ? 0 : -small;
  }
}

// Terms 2i and 2i+1 of a sum share a pair, also where L is odd.
std::int64_t pairs_of(std::int64_t latent) { return (latent + 1) / 2; }

double x_value(Values values, DType dtype, std::uint64_t seed, const Sizes& sizes, std::int64_t row,
               std::int64_t l) {
  static const std::uint64_t kStream = stream_of("x");
  const auto raw = [&](ValueClass value_class, std::int64_t index) {
    return raw_value(value_class, dtype, seed, kStream, static_cast<std::uint64_t>(index));
  };
  const std::int64_t index = row * sizes.latent + l;
  switch (values) {
    case Values::large_integers:
      return large_integer(dtype, random_bits(seed, kStream, static_cast<std::uint64_t>(index)));
    case Values::x_positions:
      return raw(ValueClass::positions, index);
    case Values::w_positions:
      return l == (row / sizes.heads + row % sizes.heads) % sizes.latent ? 1 : 0;
    case Values::cancelling:
      return raw(ValueClass::cancelling, row * 2 * pairs_of(sizes.latent) + l);
    case Values::tiny:
      return raw(ValueClass::tiny, index);
    case Values::special: {
      const double value =
          special_at(seed, kStream, static_cast<std::uint64_t>(row), l, sizes.latent, 4);
      return value != 0 ? value : raw(ValueClass::normal, index);
    }
    case Values::alone:
      return alone_x(dtype, seed, static_cast<std::uint64_t>(row), raw(ValueClass::normal, index));
    case Values::overflow:
      return std::min(4e4 / std::sqrt(static_cast<double>(sizes.latent)), 1e4) *
             raw(ValueClass::normal, index);
    default:
      return raw(shared_class(values), index);
  }
}

double w_value(Values values, DType dtype, std::uint64_t seed, const Sizes& sizes,
               std::int64_t head, std::int64_t l, std::int64_t column) {
  static const std::uint64_t kStream = stream_of("w");
  const auto raw = [&](ValueClass value_class, std::int64_t index) {
    return raw_value(value_class, dtype, seed, kStream, static_cast<std::uint64_t>(index));
  };
  const std::int64_t index = (head * sizes.latent + l) * sizes.columns + column;
  switch (values) {
    case Values::large_integers:
      return large_integer(dtype, random_bits(seed, kStream, static_cast<std::uint64_t>(index)));
    case Values::x_positions:
      return l == column % sizes.latent ? 1 : 0;
    case Values::w_positions:
      return raw(ValueClass::positions, index);
    case Values::wide:
      // fp16 reaches 2^16 only: keep products of order one within it.
      return raw(ValueClass::wide, index) * (dtype == DType::f16 ? 0x1.0p-10 : 1.0);
    case Values::cancelling:
      // Both terms of a pair have the same weight, so that what cancels in x cancels in the sum.
      return raw(ValueClass::normal,
                 (head * pairs_of(sizes.latent) + l / 2) * sizes.columns + column);
    case Values::special: {
      const auto line = static_cast<std::uint64_t>(head * sizes.columns + column);
      const double value = special_at(seed, kStream, line, l, sizes.latent, 8);
      return value != 0 ? value : raw(ValueClass::normal, index);
    }
    case Values::alone:
      return alone_w(seed, static_cast<std::uint64_t>(head * sizes.columns + column), l,
                     sizes.latent, raw(ValueClass::normal, index));
    default:
      return raw(shared_class(values), index);
  }
}

}  // namespace

bool exact_sums(Values values) {
  switch (values) {
    case Values::integers:
    case Values::large_integers:
    case Values::x_positions:
    case Values::w_positions:
    case Values::zeros:
      return true;
    default:
      return false;
  }
}

std::vector<std::uint32_t> bits_of_x(Values values, DType dtype, std::uint64_t seed,
                                     const Sizes& sizes) {
  std::vector<std::uint32_t> bits;
  for (std::int64_t row = 0; row < sizes.tokens * sizes.heads; ++row) {
    for (std::int64_t l = 0; l < sizes.latent; ++l) {
      bits.push_back(encode(dtype, x_value(values, dtype, seed, sizes, row, l)));
    }
  }
  return bits;
}

std::vector<std::uint32_t> bits_of_w(Values values, DType dtype, std::uint64_t seed,
                                     const Sizes& sizes) {
  std::vector<std::uint32_t> bits;
  for (std::int64_t head = 0; head < sizes.heads; ++head) {
    for (std::int64_t l = 0; l < sizes.latent; ++l) {
      for (std::int64_t column = 0; column < sizes.columns; ++column) {
        bits.push_back(encode(dtype, w_value(values, dtype, seed, sizes, head, l, column)));
      }
    }
  }
  return bits;
}

}  // namespace mlacheck::strided_bmm
