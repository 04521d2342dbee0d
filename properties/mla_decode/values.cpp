#include "properties/mla_decode/values.hpp"

#include <algorithm>
#include <cmath>

#include "harness/op/random.hpp"
#include "properties/common/values.hpp"
#include "properties/mla_decode/fields.hpp"

namespace mlacheck::mla_decode {
namespace {

// -B for each differing code bit: with the smallest scale used (0.04) one bit is a logit of -163,
// whose exponential underflows to 0. A power of two, exact in every type.
constexpr double kSelectorWeight = 4096;
constexpr double kSpike = 9;

// The streams that contents are drawn from.
constexpr std::uint64_t kQueries = stream_of("q");
constexpr std::uint64_t kKeys = stream_of("kv");
constexpr std::uint64_t kRowCodes = stream_of("row code");

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

double Contents::query(std::int64_t row, std::int64_t head, std::int64_t column) const {
  if (values_ == Values::exact || values_ == Values::zero_query) return 0;
  const std::int64_t depth = latent_ + rope_;
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
  if (values_ == Values::exact || values_ == Values::selector) {
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
