#include "properties/flatten_quant/values.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "harness/op/random.hpp"
#include "properties/common/values.hpp"

namespace mlacheck::flatten_quant {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// One element of x: its group's draw is the same for all elements of the group.
struct Place {
  std::uint64_t group;  // number of its group
  std::uint64_t in_group;
  std::uint64_t size;        // elements of its group
  std::uint64_t bits;        // 64 random bits of the element
  std::uint64_t group_bits;  // of its group
  std::uint64_t token_bits;  // of its token
};

std::uint32_t sign_bit(DType dtype) { return 1U << (8 * size_of(dtype) - 1); }

std::uint32_t nan_bits(DType dtype, std::uint64_t lot) {
  const int digits = digits_of(dtype) - 1;
  const std::uint32_t infinity = encode(dtype, kInfinity);
  const std::uint32_t quiet = 1U << (digits - 1);
  const std::uint32_t payloads[] = {quiet, 2 * quiet - 1, quiet | quiet / 2, quiet | 1U, 1U};
  const std::uint32_t sign = lot % 2 == 0 ? 0 : sign_bit(dtype);
  return sign | infinity | payloads[lot / 2 % std::size(payloads)];
}

// A few special elements in two groups of three; the rest is normal.
std::uint32_t special_bits(DType dtype, const Place& at, double ordinary) {
  const bool picked = at.in_group % 7 == at.group_bits / 16 % 7;
  if (!picked) return encode(dtype, ordinary);
  switch (at.group_bits % 6) {
    case 0:
      return encode(dtype, kInfinity);
    case 1:
      return encode(dtype, -kInfinity);
    case 2:
      return encode(dtype, (at.bits & 1U) != 0 ? kInfinity : -kInfinity);
    case 3:
      return nan_bits(dtype, at.bits % 10);
    default:
      return encode(dtype, ordinary);
  }
}

// A whole group of one kind, or zeros with one element of it.
std::uint32_t alone_bits(DType dtype, const Place& at) {
  const std::uint64_t lot = at.group_bits / 16;
  const bool single = at.group_bits % 2 == 0;
  const std::uint32_t sign = (at.bits & 1U) != 0 ? sign_bit(dtype) : 0;
  if (single && at.in_group != lot / 8 % at.size) return sign;  // a zero
  switch (lot % 8) {
    case 0:
    case 1:
      return nan_bits(dtype, at.bits % 10);
    case 2:
      return encode(dtype, kInfinity);
    case 3:
      return encode(dtype, -kInfinity);
    case 4:
      return sign | encode(dtype, kInfinity);
    case 5:
      return sign | encode(dtype, largest_finite(dtype));
    case 6:
      return sign | static_cast<std::uint32_t>(1 + at.bits / 2 % 3);  // the smallest numbers
    default:
      return sign;
  }
}

// amax opens the group, and is worth exactly a power of two times the maximum.
std::uint32_t tie_bits(DType dtype, const Place& at, const Shape& shape) {
  const double unit = std::ldexp(1.0, static_cast<int>(at.group_bits % 13) - 6);
  const double sign = (at.bits & 1U) != 0 ? -1.0 : 1.0;
  if (at.in_group == 0) return encode(dtype, sign * unit * shape.maximum);
  const std::size_t code = at.bits / 8 % (shape.codes.size() - 1);
  const double halfway = std::min((shape.codes[code] + shape.codes[code + 1]) / 2, shape.maximum);
  // The number itself half of the time, else a neighbour; halfway is never zero.
  const std::uint32_t bits = encode(dtype, sign * unit * halfway);
  // No element may exceed amax.
  const std::uint32_t moves[] = {0, 0, ~0U, halfway < shape.maximum ? 1U : 0U};
  return bits + moves[at.bits / 2 % 4];
}

// amax opens the group. The others go through this list, over as many groups as it takes, and then
// through the list again at twice the scale: of each code its value, the midpoint to the next code,
// and the numbers right below and above the midpoint; then the same negative.
std::uint32_t code_bits(DType dtype, const Place& at, std::uint64_t seed, const Shape& shape) {
  const std::uint64_t slots =
      std::max<std::uint64_t>(static_cast<std::uint64_t>(shape.group), 2) - 1;
  const std::uint64_t entries = 8 * (shape.codes.size() - 1);
  const std::uint64_t groups = (entries - 1) / slots + 1;
  // From amax at the type's smallest exponents to the largest whose codes it holds: of bf16 and
  // f32 a scale for each byte of E8M0 that a quantizer can give but the topmost. An FP8 scale has
  // no more to it than its exponent: some suffice.
  const bool mxfp4 = shape.maximum == 6;
  const int least = !mxfp4 ? -4 : dtype == DType::f16 ? -22 : -127;
  const int most = !mxfp4 ? 4 : dtype == DType::f16 ? 13 : 125;
  const auto scales = static_cast<std::uint64_t>(most - least) + 1;
  const std::uint64_t number = at.group + seed;
  const int exponent = least + static_cast<int>(number / groups % scales);
  if (at.in_group == 0) return encode(dtype, std::ldexp(shape.maximum, exponent));
  const std::uint64_t entry = (number % groups * slots + at.in_group - 1) % entries;
  const std::uint64_t code = entry / 4 % (shape.codes.size() - 1);
  const double sign = entry / 4 < shape.codes.size() - 1 ? 1 : -1;
  if (entry % 4 == 0) return encode(dtype, std::ldexp(sign * shape.codes[code], exponent));
  const double halfway = (shape.codes[code] + shape.codes[code + 1]) / 2;
  const std::uint32_t bits =
      encode(dtype, std::ldexp(sign * std::min(halfway, shape.maximum), exponent));
  // No element may exceed amax.
  const std::uint32_t moves[] = {0, ~0U, halfway < shape.maximum ? 1U : 0U};
  return bits + moves[entry % 4 - 1];
}

std::uint32_t edge_bits(DType dtype, const Place& at) {
  const double step = 2 * unit_roundoff(dtype);
  const double mantissas[] = {1.0,  1.0 + step,  1.5,  1.5 + step, 1.75 - step,
                              1.75, 1.75 + step, 1.25, 2.0 - step};
  const bool half = dtype == DType::f16;
  const int least = half ? -14 : -126;
  const int exponents = half ? 30 : 254;  // up to 2^15, 2^127
  const int exponent =
      least + static_cast<int>(at.group_bits / 16 % static_cast<std::uint64_t>(exponents));
  const double amax = std::ldexp(mantissas[at.group_bits % std::size(mantissas)], exponent);
  const double sign = (at.bits & 1U) != 0 ? -1.0 : 1.0;
  if (at.in_group == 0) return encode(dtype, sign * amax);
  return encode(dtype, sign * amax * static_cast<double>(at.bits >> 11) * 0x1.0p-53);
}

std::uint32_t huge_bits(DType dtype, const Place& at) {
  const double top = dtype == DType::f16 ? 0x1.0p15 : 0x1.0p127;
  const double step = 2 * unit_roundoff(dtype);
  const double tops[] = {1.75, 1.75 - step, 2.0 - step, 1.75 + step};
  const double sign = (at.bits & 1U) != 0 ? -1.0 : 1.0;
  if (at.in_group == 0) return encode(dtype, sign * top * tops[at.group_bits % 4]);
  // Companions down to where a factor of 2^-127 leaves nothing.
  return encode(dtype, sign * std::ldexp(top, -static_cast<int>(at.bits / 2 % 5)));
}

}  // namespace

std::vector<std::uint32_t> bits_of_x(Values values, DType dtype, std::uint64_t seed,
                                     const Shape& shape) {
  const std::int64_t count = shape.tokens * shape.heads * shape.columns;
  const auto plain = [&](ValueClass value_class, double scale = 1.0) {
    return fill(dtype, value_class, seed, "x", count, scale);
  };
  switch (values) {
    case Values::integers:
      return plain(ValueClass::integers);
    case Values::positions:
      return plain(ValueClass::positions);
    case Values::normal:
      return plain(ValueClass::normal);
    case Values::wide:
      return plain(ValueClass::wide);
    case Values::small:
      return plain(ValueClass::wide, 1e-10);
    case Values::tiny:
      return plain(ValueClass::tiny);
    case Values::zeros:
      return plain(ValueClass::zeros);
    default:
      break;
  }
  std::vector<std::uint32_t> bits(static_cast<std::size_t>(count));
  const std::uint64_t stream = stream_of("x");
  const std::uint64_t group_stream = stream_of("x.groups");
  const std::uint64_t token_stream = stream_of("x.tokens");
  const auto columns = static_cast<std::uint64_t>(shape.columns);
  const auto group = static_cast<std::uint64_t>(shape.group);
  const auto heads = static_cast<std::uint64_t>(shape.heads);
  for (std::size_t i = 0; i < bits.size(); ++i) {
    Place at{};
    const std::uint64_t column = i % columns;
    at.in_group = column % group;
    at.size = std::min(group, columns - (column - at.in_group));
    at.group = i / columns * ((columns - 1) / group + 1) + column / group;
    at.bits = random_bits(seed, stream, i);
    at.group_bits = random_bits(seed, group_stream, i - at.in_group);
    at.token_bits = random_bits(seed, token_stream, i / columns / heads);
    const double ordinary = raw_value(ValueClass::normal, dtype, seed, stream, i);
    switch (values) {
      case Values::ties:
        bits[i] = tie_bits(dtype, at, shape);
        break;
      case Values::every_code:
        bits[i] = code_bits(dtype, at, seed, shape);
        break;
      case Values::scale_edges:
        bits[i] = edge_bits(dtype, at);
        break;
      case Values::huge:
        bits[i] = huge_bits(dtype, at);
        break;
      case Values::special:
        bits[i] = special_bits(dtype, at, ordinary);
        break;
      case Values::alone:
        bits[i] = alone_bits(dtype, at);
        break;
      default: {
        const bool zero = at.group_bits % 4 == 0 || at.token_bits % 4 == 0;
        bits[i] = encode(dtype, zero ? std::copysign(0.0, ordinary) : ordinary);
      }
    }
  }
  return bits;
}

}  // namespace mlacheck::flatten_quant
