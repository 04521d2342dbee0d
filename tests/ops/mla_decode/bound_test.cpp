// The bound of mla_decode where one of its terms has to carry it alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "harness/op/random.hpp"
#include "properties/common/values.hpp"
#include "reference/mla_decode/decode_row.hpp"

namespace mlacheck::mla_decode {
namespace {

using Eigen::ArrayXd;
using Eigen::ArrayXXd;
using Eigen::Index;

constexpr int kRows = 100;

// A number of 8 digits, so that products of two of them are exact in fp32.
double drawn(ValueClass values, int row, Index index) {
  const double raw = raw_value(values, DType::f32, 29, static_cast<std::uint64_t>(row),
                               static_cast<std::uint64_t>(index));
  return decode(DType::bf16, encode(DType::bf16, raw));
}

// Two keys with logits near 160, all terms of one sign, whose roundings reach far past those of the
// weights.
TEST(DecodeRow, RoundingOfLogitsCounts) {
  constexpr Index kDepth = 256;
  int beyond_weights = 0;
  for (int row = 0; row < kRows; ++row) {
    ArrayXd query(kDepth);
    ArrayXXd keys(2, kDepth);
    for (Index c = 0; c < kDepth; ++c) {
      query[c] = drawn(ValueClass::one_signed, row, c);
      keys(0, c) = drawn(ValueClass::one_signed, row, kDepth + c);
      keys(1, kDepth - 1 - c) = keys(0, c);
    }
    for (Index c = 0; c < kDepth; ++c) query[c] = std::max(query[c], query[kDepth - 1 - c]);
    for (Index c = 0; c < kDepth; ++c) query[kDepth - 1 - c] = query[c];
    // Mirrored keys under a mirrored query have one logit, added up in two orders.
    float logits[2] = {0, 0};
    for (Index j = 0; j < 2; ++j) {
      for (Index c = 0; c < kDepth; ++c) {
        logits[j] += static_cast<float>(query[c]) * static_cast<float>(keys(j, c));
      }
    }
    const float highest = std::max(logits[0], logits[1]);
    const float first = std::exp(logits[0] - highest);
    const float second = std::exp(logits[1] - highest);
    const float out =
        (first * static_cast<float>(keys(0, 0)) + second * static_cast<float>(keys(1, 0))) /
        (first + second);
    const Row answer = attend(query, keys, {1.0, 1, 1});
    const double error = std::fabs(static_cast<double>(out) - answer.out[0]);
    EXPECT_LE(error, answer.out_error[0]) << row;
    const double distance = std::fabs(keys(0, 0) - keys(1, 0));
    if (error > 0x1.0p-20 * distance) ++beyond_weights;
  }
  EXPECT_GT(beyond_weights, kRows / 4) << "logits that hardly round show nothing";
}

// Many keys with values of one size: from 2^31 on, each addition of 65504 gains 32. No random walk goes
// that far.
TEST(DecodeRow, KeysThatAreAlikeAreRoundedAlike) {
  constexpr Index kKeys = 70000;
  ArrayXXd keys = ArrayXXd::Constant(kKeys, 1, 65504);
  for (Index j = 0; j < kKeys; j += 4) keys(j, 0) = -65504;
  float sum = 0;
  for (Index j = 0; j < kKeys; ++j) sum += static_cast<float>(keys(j, 0));
  const Row answer = attend(ArrayXd::Zero(1), keys, {0.0, 1, 1});
  const double error = std::fabs(static_cast<double>(sum / kKeys) - answer.out[0]);
  EXPECT_GT(error, 8) << "of 32752";
  EXPECT_LE(error, answer.out_error[0]);
  EXPECT_LE(answer.out_error[0], 3 * error);
}

// Equal logits without error; the sum of the values is rounded to 12 digits at each step, which
// nothing but the term for it allows.
TEST(DecodeRow, RoundingOfANarrowAccumulatorCounts) {
  constexpr int kDigits = 12;
  constexpr Index kKeys = 16;
  Numerics narrow;
  narrow.accumulator_digits = kDigits;
  const auto rounded = [](double value) {
    int exponent = 0;
    const double significand = std::frexp(value, &exponent);
    return std::ldexp(std::nearbyint(std::ldexp(significand, kDigits)), exponent - kDigits);
  };
  int rounding = 0;
  for (int row = 0; row < kRows; ++row) {
    ArrayXXd keys(kKeys, 2);
    double sum = 0;
    for (Index j = 0; j < kKeys; ++j) {
      keys(j, 0) = drawn(ValueClass::one_signed, row, j);
      keys(j, 1) = 0;
      sum = rounded(sum + rounded(keys(j, 0)));
    }
    const ArrayXd query = ArrayXd::Zero(2);
    const Row answer = attend(query, keys, {1.0, 1, 1, narrow});
    const double error = std::fabs(sum / kKeys - answer.out[0]);
    EXPECT_LE(error, answer.out_error[0]) << row;
    if (error > 0x1.0p-17 * answer.out[0]) ++rounding;
  }
  EXPECT_GT(rounding, kRows / 4) << "sums that hardly round show nothing";
}

}  // namespace
}  // namespace mlacheck::mla_decode
