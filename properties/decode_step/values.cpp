#include "properties/decode_step/values.hpp"

#include <algorithm>
#include <cmath>

#include "harness/op/random.hpp"
#include "properties/common/values.hpp"
#include "properties/decode_step/fields.hpp"

namespace mlacheck::decode_step {
namespace {

constexpr std::uint64_t kQueries = stream_of("q");
constexpr std::uint64_t kLatents = stream_of("latents");
constexpr std::uint64_t kKeyWeights = stream_of("w_uk");
constexpr std::uint64_t kValueWeights = stream_of("w_uv");

}  // namespace

Contents::Contents(const Fields& f)
    : values_(f.values),
      dtype_(f.dtype),
      seed_(static_cast<std::uint64_t>(f.seed)),
      heads_(f.heads),
      nope_(f.nope),
      depth_(f.nope + f.rope),
      latent_(f.latent),
      width_(f.width),
      columns_(f.latent + f.rope) {}

double Contents::drawn(std::uint64_t stream, std::uint64_t index) const {
  const ValueClass values =
      values_ == Values::one_signed ? ValueClass::one_signed : ValueClass::normal;
  return raw_value(values, dtype_, seed_, stream, index);
}

double Contents::query(std::int64_t row, std::int64_t head, std::int64_t column) const {
  if (values_ == Values::exact || values_ == Values::zero_query) return 0;
  if (values_ == Values::selector) {
    return nope_ > 0 && column == (row + head) % nope_ ? 4096 : 0;
  }
  const double value =
      drawn(kQueries, static_cast<std::uint64_t>((row * heads_ + head) * depth_ + column));
  return values_ == Values::large ? 30 * value : value;
}

double Contents::weight(std::uint64_t stream, std::uint64_t at, double scale) const {
  if (integral()) return static_cast<double>(random_bits(seed_, stream, at) % 3) - 1;
  return scale * drawn(stream, at);
}

std::uint32_t Contents::query_bits(std::int64_t row, std::int64_t head, std::int64_t column) const {
  return encode(dtype_, query(row, head, column));
}

// Scaled so that dot products with a query are as large as those of a key of nope columns.
std::uint32_t Contents::key_weight_bits(std::int64_t head, std::int64_t row,
                                        std::int64_t column) const {
  const auto at = static_cast<std::uint64_t>((head * nope_ + row) * latent_ + column);
  return encode(dtype_, weight(kKeyWeights, at, 1 / std::sqrt(static_cast<double>(latent_))));
}

std::uint32_t Contents::value_weight_bits(std::int64_t head, std::int64_t row,
                                          std::int64_t column) const {
  // Latent 0 of every token is 1, and alone makes the values.
  if (values_ == Values::ones) return encode(dtype_, row == 0 ? 1 : 0);
  const auto at = static_cast<std::uint64_t>((head * latent_ + row) * width_ + column);
  return encode(dtype_, weight(kValueWeights, at, 1 / std::sqrt(static_cast<double>(latent_))));
}

std::uint32_t Contents::latent_bits(std::int64_t r, std::int64_t key, std::int64_t column) const {
  const auto at =
      (static_cast<std::uint64_t>(r) << 40) + static_cast<std::uint64_t>(key * columns_ + column);
  if (integral()) {
    // Of one sign: a mean of zero would leave nothing to compare.
    return encode(dtype_, static_cast<double>(random_bits(seed_, kLatents, at) % 8) + 1);
  }
  if (values_ == Values::ones && column == 0) return encode(dtype_, 1);
  return encode(dtype_, drawn(kLatents, at));
}

}  // namespace mlacheck::decode_step
