#include "properties/prefill_context/values.hpp"

#include <cmath>

#include "harness/op/random.hpp"
#include "properties/common/values.hpp"
#include "properties/prefill_context/fields.hpp"

namespace mlacheck::prefill_context {
namespace {

constexpr std::uint64_t kQueries = stream_of("q");
constexpr std::uint64_t kLatents = stream_of("latents");
constexpr std::uint64_t kWeights = stream_of("w");

}  // namespace

Contents::Contents(const Fields& f)
    : values_(f.values),
      dtype_(f.dtype),
      seed_(static_cast<std::uint64_t>(f.seed)),
      heads_(f.heads),
      depth_(f.depth()),
      latent_(f.latent),
      nope_(f.nope),
      expanded_(f.nope + f.width),
      columns_(f.columns()) {}

double Contents::drawn(std::uint64_t stream, std::uint64_t index) const {
  const ValueClass values =
      values_ == Values::one_signed ? ValueClass::one_signed : ValueClass::normal;
  return raw_value(values, dtype_, seed_, stream, index);
}

double Contents::query(std::uint64_t at) const {
  if (values_ == Values::exact || values_ == Values::zero_query) return 0;
  const double value = drawn(kQueries, at);
  return values_ == Values::large ? 30 * value : value;
}

// Scaled so that keys and values have the size of latents.
double Contents::weight(std::int64_t head, std::int64_t row, std::int64_t column) const {
  const auto at = static_cast<std::uint64_t>((head * latent_ + row) * expanded_ + column);
  if (values_ == Values::exact) {
    return static_cast<double>(random_bits(seed_, kWeights, at) % 3) - 1;
  }
  // Latent 0 of every token is 1, and alone makes the values.
  if (values_ == Values::ones && column >= nope_) return row == 0 ? 1 : 0;
  return drawn(kWeights, at) / std::sqrt(static_cast<double>(latent_));
}

std::uint32_t Contents::query_bits(std::int64_t token, std::int64_t head,
                                   std::int64_t column) const {
  return encode(dtype_,
                query(static_cast<std::uint64_t>((token * heads_ + head) * depth_ + column)));
}

std::uint32_t Contents::weight_bits(std::int64_t head, std::int64_t row,
                                    std::int64_t column) const {
  return encode(dtype_, weight(head, row, column));
}

std::uint32_t Contents::latent_bits(std::int64_t r, std::int64_t token, std::int64_t column) const {
  const auto at = (static_cast<std::uint64_t>(r + 1) << 40) +
                  static_cast<std::uint64_t>(token * columns_ + column);
  if (values_ == Values::exact) {
    // Of one sign: a mean of zero would leave nothing to compare.
    return encode(dtype_, static_cast<double>(random_bits(seed_, kLatents, at) % 8) + 1);
  }
  if (values_ == Values::ones && column == 0) return encode(dtype_, 1);
  return encode(dtype_, drawn(kLatents, at));
}

}  // namespace mlacheck::prefill_context
