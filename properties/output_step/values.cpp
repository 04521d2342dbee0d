#include "properties/output_step/values.hpp"

#include <cmath>
#include <stdexcept>

#include "harness/op/random.hpp"
#include "properties/common/values.hpp"

namespace mlacheck::output_step {
namespace {

constexpr int kBias = 127;  // of E8M0
constexpr std::uint64_t kWeights = stream_of("w_o");
constexpr std::uint64_t kScales = stream_of("w_o.scales");

bool exact(Values values) { return values != Values::normal && values != Values::one_signed; }

// The sum of a row of weights and values stays about as large as one value.
int shrinking(std::int64_t terms) {
  int shift = 0;
  while (std::int64_t{1} << (2 * shift) < terms) ++shift;
  return shift;
}

// Which column a row of one-hot weights takes: another one for each row, in no order.
std::int64_t taken(std::int64_t row, std::int64_t terms) {
  return terms == 0 ? 0 : row * 7 % terms;
}

class Weights {
 public:
  Weights(Values values, const Parameters& p, DType dtype, std::uint64_t seed, const Sizes& sizes)
      : values_(values), p_(p), dtype_(dtype), seed_(seed), sizes_(sizes) {}

  OutputWeights make() const {
    OutputWeights weights;
    for (std::int64_t n = 0; n < sizes_.columns; ++n) {
      for (std::int64_t k = 0; k < sizes_.row(); ++k) {
        const std::uint32_t code = p_.mxfp4() ? e2m1(n, k) : p_.fp8() ? fp8(n, k) : plain(n, k);
        if (!p_.mxfp4() || k % 2 == 0) {
          weights.codes.push_back(code);
        } else {
          weights.codes.back() += 16 * code;
        }
        if (p_.mxfp4() && k % kMxBlock == 0) weights.scales.push_back(byte(n, k));
      }
    }
    if (p_.fp8()) weights.scales.push_back(fp8_scale());
    return weights;
  }

 private:
  std::uint64_t lot(std::int64_t n, std::int64_t k) const {
    return random_bits(seed_, kWeights, static_cast<std::uint64_t>(n * sizes_.row() + k));
  }
  bool zero(std::int64_t n, std::int64_t k) const {
    if (values_ == Values::one_hot) return k != taken(n, sizes_.row());
    return values_ == Values::zero_rows && n % 3 == 0;
  }

  std::uint32_t e2m1(std::int64_t n, std::int64_t k) const {
    if (zero(n, k)) return 0;
    const auto code = static_cast<std::uint32_t>(lot(n, k) >> 20);
    if (values_ == Values::one_hot) return 2;  // 1
    return values_ == Values::one_signed ? code % 8 : code % 16;
  }

  std::uint32_t byte(std::int64_t n, std::int64_t k) const {
    // A block of zeros has a scale, too, and another one than its neighbours.
    const auto block = static_cast<std::uint64_t>(n * sizes_.row() + k) / kMxBlock;
    const std::uint64_t lot = random_bits(seed_, kScales, block);
    if (values_ == Values::one_hot) return static_cast<std::uint32_t>(kBias - lot % 3);
    const int spread = values_ == Values::one_signed ? static_cast<int>(lot % 25) - 12
                                                     : static_cast<int>(lot % 3) - 1;
    return static_cast<std::uint32_t>(kBias + spread - shrinking(sizes_.row()));
  }

  std::uint32_t fp8(std::int64_t n, std::int64_t k) const {
    const auto encoded = [&](double value) {
      return static_cast<std::uint32_t>(
          reference::encode(p_.fp8_format(), value, reference::Convention::ocp, true));
    };
    if (zero(n, k)) return 0;
    const std::uint64_t bits = lot(n, k) >> 20;
    if (values_ == Values::one_hot) return encoded(1);
    if (exact(values_)) return encoded(static_cast<double>(bits % 9) - 4);
    const auto magnitude = static_cast<std::uint32_t>(bits % 127);
    const bool negative = values_ == Values::normal && bits / 128 % 2 == 1 && magnitude != 0;
    return magnitude + (negative ? 128 : 0);
  }

  std::uint32_t fp8_scale() const {
    const std::uint64_t bits = random_bits(seed_, kScales, 0);
    if (values_ == Values::one_hot) return encode(DType::f32, 0.5);
    const double significand = exact(values_) ? 1 : 1 + static_cast<double>(bits >> 40) * 0x1p-24;
    const int size = exact(values_) ? 2 : 5;  // of the codes
    return encode(DType::f32, std::ldexp(significand, -size - shrinking(sizes_.row()) -
                                                          static_cast<int>(bits % 3)));
  }

  std::uint32_t plain(std::int64_t n, std::int64_t k) const {
    if (zero(n, k)) return 0;
    const auto at = static_cast<std::uint64_t>(n * sizes_.row() + k);
    if (values_ == Values::one_hot) return encode(dtype_, 1);
    if (exact(values_)) return encode(dtype_, static_cast<double>(lot(n, k) % 3) - 1);
    const ValueClass values =
        values_ == Values::one_signed ? ValueClass::one_signed : ValueClass::normal;
    return encode(dtype_, std::ldexp(raw_value(values, dtype_, seed_, kWeights, at),
                                     -shrinking(sizes_.row())));
  }

  Values values_;
  const Parameters& p_;
  DType dtype_;
  std::uint64_t seed_;
  const Sizes& sizes_;
};

}  // namespace

quantized_bmm::Values product_values(Values values) {
  switch (values) {
    case Values::grid:
      return quantized_bmm::Values::grid;
    case Values::one_hot:
      return quantized_bmm::Values::x_one_hot;
    case Values::zero_rows:
      return quantized_bmm::Values::zero_rows;
    case Values::normal:
      return quantized_bmm::Values::normal;
    case Values::one_signed:
      return quantized_bmm::Values::one_signed;
    case Values::special:
      return quantized_bmm::Values::special;
  }
  throw std::logic_error("unhandled value class");
}

OutputWeights output_weights(Values values, const Parameters& parameters, DType dtype,
                             std::uint64_t seed, const Sizes& sizes) {
  return Weights(values, parameters, dtype, seed, sizes).make();
}

}  // namespace mlacheck::output_step
