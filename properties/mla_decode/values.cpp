#include "properties/mla_decode/values.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "harness/op/random.hpp"
#include "properties/common/values.hpp"
#include "properties/mla_decode/fields.hpp"

namespace mlacheck::mla_decode {
namespace {

// -B for each differing code bit: with the smallest scale used (0.04) one bit is a logit of -163,
// whose exponential underflows to 0. A power of two, exact in every type.
constexpr double kSelectorWeight = 4096;
constexpr double kSpike = 9;

// What all logits of a row have in common, of either sign. Softmax is the same at each of them, but
// none of -1e4, -5e4, -1e30 and -1e37 is low enough in place of minus infinity, and e^200 is infinite.
// The last stands for the largest logit that can be had.
constexpr std::array<double, 6> kLevels{-200, -5e3,  -6e4,
                                        -1e6, -1e30, -std::numeric_limits<double>::infinity()};
// Added to logits that differ: fp32 still tells those apart. Real models reach -500.
constexpr std::array<double, 4> kShifts{-200, -500, -5e3, -2e4};

// The streams that contents are drawn from.
constexpr std::uint64_t kQueries = stream_of("q");
constexpr std::uint64_t kKeys = stream_of("kv");
constexpr std::uint64_t kRowCodes = stream_of("row code");
constexpr std::uint64_t kRowLevels = stream_of("row level");

// The largest magnitude of an integer value: all digits of the type, so that a mean of them has
// more than the type holds and the store must round. Eleven digits at most: sums of 8192 stay below
// 2^24.
std::uint64_t largest_integer(DType dtype) {
  return (std::uint64_t{1} << std::min(digits_of(dtype), 11)) - 1;
}

bool has_spike(Values values) {
  return values == Values::spike_first || values == Values::spike_last ||
         values == Values::spike_page;
}

}  // namespace

Contents::Contents(const Fields& f)
    : values_(f.values),
      dtype_(f.dtype),
      seed_(static_cast<std::uint64_t>(f.seed)),
      scale_(f.scale_factor()),
      heads_(f.heads),
      latent_(f.latent),
      rope_(f.rope),
      page_(f.page),
      code_bits_(std::min<std::int64_t>(f.rope / 2, 3)) {}

std::uint32_t Contents::query_bits(std::int64_t row, std::int64_t head, std::int64_t column) const {
  return encode(dtype_, query(row, head, column));
}

std::uint32_t Contents::key_bits(std::int64_t r, std::int64_t key_index, std::int64_t length,
                                 std::int64_t column) const {
  return encode(dtype_, key(r, key_index, length, column));
}

// Normal, one_signed or wide numbers; the other classes are built on normal ones.
double Contents::drawn(std::uint64_t stream, std::uint64_t index) const {
  const ValueClass values = values_ == Values::one_signed ? ValueClass::one_signed
                            : values_ == Values::wide     ? ValueClass::wide
                                                          : ValueClass::normal;
  return raw_value(values, dtype_, seed_, stream, index);
}

// In one column, the first one, so that all partial sums of a logit have the size of the constant.
double Contents::constant_key() const {
  if (values_ == Values::shifted) return 64;
  return dtype_ == DType::f16 ? 0x1.0p12 : 1;  // fp16 ends at 65504
}

double Contents::constant_query(std::int64_t row, std::int64_t head) const {
  const std::uint64_t lot =
      random_bits(seed_, kRowLevels, static_cast<std::uint64_t>(row * heads_ + head));
  double logit =
      values_ == Values::level ? kLevels[lot % kLevels.size()] : kShifts[lot % kShifts.size()];
  // Before it is scaled the product must be finite in fp32, too. The distance covers roundings.
  logit = std::max(logit, -0x1.fp127 * std::min(std::fabs(scale_), 1.0));
  // Two numbers of fp16 do not reach further.
  const double reached = dtype_ == DType::f16 ? std::max(logit, -1e6) : logit;
  const double magnitude = std::fabs(reached / scale_ / constant_key());
  return (lot >> 32) % 4 == 0 ? magnitude : -magnitude;
}

double Contents::query(std::int64_t row, std::int64_t head, std::int64_t column) const {
  if (values_ == Values::exact || values_ == Values::zero_query) return 0;
  const std::int64_t depth = latent_ + rope_;
  if (values_ == Values::level || values_ == Values::shifted) {
    if (column == 0) return constant_query(row, head);
    if (values_ == Values::level) return 0;
  }
  if (values_ == Values::largest && column < latent_) return 0;
  const auto at = static_cast<std::uint64_t>((row * heads_ + head) * depth + column);
  if (values_ == Values::selector) {
    const std::int64_t code_column = column - latent_;
    if (code_column < 0 || code_column >= 2 * code_bits_) return 0;
    // The row's code, one bit in two columns: -B (1-b, b) against the key's (b, 1-b).
    const std::uint64_t code =
        random_bits(seed_, kRowCodes, static_cast<std::uint64_t>(row * heads_ + head));
    const bool bit = ((code >> (code_column / 2)) & 1U) != 0;
    return bit == (code_column % 2 == 0) ? 0 : -kSelectorWeight;
  }
  // The last column carries the spike: 1 in every query, 0 in every key but one.
  if (has_spike(values_) && column == depth - 1) return 1;
  const double value = drawn(kQueries, at);
  if (values_ == Values::large) return 100 * value;
  // Exponents of both sides add up; halved, logits stay of a size that fp32 can tell apart.
  return values_ == Values::wide ? value * 0x1.0p-12 : value;
}

// Weights are at most 1 before the division by their sum, which comes last: in f32 and bf16, whose
// range is that of the sum, twice all keys must fit. The distance to the end covers roundings.
double Contents::near_largest(std::uint64_t at, std::int64_t length) const {
  const std::uint64_t bits = random_bits(seed_, kKeys, at);
  const double inside = 1 - 0x1.0p-14 * (1 + static_cast<double>(bits >> 40) * 0x1.0p-24);
  const bool fits = dtype_ == DType::f16 || length == 1;
  const int room = fits ? 0 : std::ilogb(static_cast<double>(length)) + 2;
  const double magnitude = std::ldexp(inside * largest_finite(dtype_), -room);
  return bits % 4 == 0 ? -magnitude : magnitude;
}

bool Contents::spiked(std::int64_t key_index, std::int64_t length) const {
  if (values_ == Values::spike_first) return key_index == 0;
  if (values_ == Values::spike_last) return key_index == length - 1;
  return values_ == Values::spike_page && key_index == std::min(page_, length) - 1;
}

double Contents::key(std::int64_t r, std::int64_t key_index, std::int64_t length,
                     std::int64_t column) const {
  const std::int64_t depth = latent_ + rope_;
  const auto at = (static_cast<std::uint64_t>(r) << 40) +
                  static_cast<std::uint64_t>(key_index * depth + column);
  if (values_ == Values::selector && column >= latent_ && column < latent_ + 2 * code_bits_) {
    const std::int64_t code_column = column - latent_;
    const bool bit = ((key_index >> (code_column / 2)) & 1) != 0;
    return bit == (code_column % 2 == 0) ? 1 : 0;
  }
  if ((values_ == Values::level || values_ == Values::shifted) && column == 0) {
    return constant_key();
  }
  if (values_ == Values::largest && column < latent_) return near_largest(at, length);
  if (values_ == Values::exact || values_ == Values::selector || values_ == Values::level) {
    const std::uint64_t largest = largest_integer(dtype_);
    return static_cast<double>(random_bits(seed_, kKeys, at) % (2 * largest + 1)) -
           static_cast<double>(largest);
  }
  if (values_ == Values::ones && column < latent_) return 1;
  if (has_spike(values_) && column == depth - 1) {
    return spiked(key_index, length) ? kSpike / scale_ : 0;
  }
  return drawn(kKeys, at);
}

}  // namespace mlacheck::mla_decode
