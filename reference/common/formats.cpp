#include "reference/common/formats.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>

namespace mlacheck::reference {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();

struct Special {
  int first;
  int last;
  double value;
};

struct Format {
  std::string_view name;
  int exponent_bits;
  int mantissa_bits;
  int bias;
  std::span<const Special> specials;
  double largest;
  int infinity;  // code of +infinity; -1: none
  int nan;       // code of the NaN that conversions give; -1: none
  bool has_minus_zero;

  [[nodiscard]] int sign_code() const { return 1 << (exponent_bits + mantissa_bits); }
};

constexpr std::array<Special, 2> kFnSpecials{
    {{0x7f, 0x7f, kNotANumber}, {0xff, 0xff, kNotANumber}}};
constexpr std::array<Special, 1> kFnuzSpecials{{{0x80, 0x80, kNotANumber}}};
constexpr std::array<Special, 4> kE5m2Specials{{{0x7c, 0x7c, kInfinite},
                                                {0x7d, 0x7f, kNotANumber},
                                                {0xfc, 0xfc, -kInfinite},
                                                {0xfd, 0xff, kNotANumber}}};

constexpr std::array<Format, 4> kFormats{
    {{"e2m1", 2, 1, 1, {}, 6, -1, -1, true},
     {"e4m3fn", 4, 3, 7, kFnSpecials, 448, -1, 0x7f, true},
     {"e4m3fnuz", 4, 3, 8, kFnuzSpecials, 240, -1, 0x80, false},
     {"e5m2", 5, 2, 15, kE5m2Specials, 57344, 0x7c, 0x7f, true}}};

const Format& description(SmallFormat format) { return kFormats[static_cast<std::size_t>(format)]; }

double value_of(const Format& format, int code) {
  for (const Special& special : format.specials) {
    if (code >= special.first && code <= special.last) return special.value;
  }
  const double sign = code >= format.sign_code() ? -1 : 1;
  const int magnitude = code % format.sign_code();
  const int steps = 1 << format.mantissa_bits;
  const int exponent = magnitude / steps;
  const double fraction = static_cast<double>(magnitude % steps) / steps;
  return sign * (exponent == 0 ? std::ldexp(fraction, 1 - format.bias)
                               : std::ldexp(1 + fraction, exponent - format.bias));
}

using Table = std::array<double, 256>;

Table table_of(const Format& format) {
  Table table{};
  for (int code = 0; code < 2 * format.sign_code(); ++code) {
    table[static_cast<std::size_t>(code)] = value_of(format, code);
  }
  return table;
}

const Table& values(SmallFormat format) {
  static const std::array<Table, 4> tables{table_of(kFormats[0]), table_of(kFormats[1]),
                                           table_of(kFormats[2]), table_of(kFormats[3])};
  return tables[static_cast<std::size_t>(format)];
}

// Among the finite codes without sign.
int nearest(SmallFormat format, double magnitude) {
  const Table& table = values(format);
  int best = 0;
  double best_distance = magnitude;
  for (int code = 1; code < description(format).sign_code(); ++code) {
    // NaN and infinity are at no finite distance.
    const double distance = std::fabs(table[static_cast<std::size_t>(code)] - magnitude);
    if (distance < best_distance || (distance == best_distance && code % 2 == 0)) {
      best = code;
      best_distance = distance;
    }
  }
  return best;
}

// Whether rounding with an unbounded exponent range would give more than the largest number. A tie
// goes to the even code, the next one after an odd largest code.
bool rounds_past_largest(SmallFormat format, double magnitude) {
  const Format& facts = description(format);
  const int last = nearest(format, facts.largest);
  const double step = facts.largest - values(format)[static_cast<std::size_t>(last - 1)];
  const double tie = facts.largest + step / 2;
  return magnitude > tie || (magnitude == tie && last % 2 == 1);
}

}  // namespace

std::string_view name_of(SmallFormat format) { return description(format).name; }

int code_count(SmallFormat format) { return 2 * description(format).sign_code(); }

double decode(SmallFormat format, std::uint8_t code) { return values(format)[code]; }

double smallest_normal(SmallFormat format) { return std::ldexp(1.0, 1 - description(format).bias); }

double largest_finite(SmallFormat format) { return description(format).largest; }

std::uint8_t encode(SmallFormat format, double value, Convention convention, bool saturate) {
  const Format& facts = description(format);
  const int sign = std::signbit(value) ? facts.sign_code() : 0;
  const int largest = nearest(format, facts.largest);
  const auto with_sign = [&](int code, bool keep = true) {
    // The only NaN of FNUZ is a code with the sign bit set.
    return static_cast<std::uint8_t>(code < facts.sign_code() && keep ? code + sign : code);
  };
  if (std::isnan(value)) {
    return with_sign(facts.nan < 0 ? largest : facts.nan, convention != Convention::cuda);
  }
  const double magnitude = std::fabs(value);
  const bool past = convention == Convention::hip ? magnitude > facts.largest
                                                  : rounds_past_largest(format, magnitude);
  if (past) {
    const bool saturates = saturate && (convention == Convention::cuda || !std::isinf(value));
    if (saturates || facts.nan < 0) return with_sign(largest);
    return with_sign(facts.infinity < 0 ? facts.nan : facts.infinity);
  }
  const int code = nearest(format, magnitude);
  return with_sign(code, code != 0 || facts.has_minus_zero);
}

double decode_e8m0(std::uint8_t byte) {
  return byte == 255 ? kNotANumber : std::ldexp(1.0, byte - 127);
}

std::uint8_t encode_e8m0(double value, bool up, bool saturate) {
  if (std::isnan(value)) return 255;
  const double magnitude = std::fabs(value);
  int byte = 0;
  if (up) {
    while (byte < 255 && std::ldexp(1.0, byte - 127) < magnitude) ++byte;
  } else {
    while (byte < 255 && std::ldexp(1.0, byte + 1 - 127) <= magnitude) ++byte;
  }
  return static_cast<std::uint8_t>(byte == 255 && saturate ? 254 : byte);
}

}  // namespace mlacheck::reference
