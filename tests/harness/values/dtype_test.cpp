#include "harness/values/dtype.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace mlacheck {
namespace {

TEST(DType, NamesRoundTrip) {
  for (const DType dtype : {DType::f32, DType::f16, DType::bf16, DType::i32, DType::u8}) {
    EXPECT_EQ(dtype_from_name(name_of(dtype)), dtype);
  }
  EXPECT_EQ(dtype_from_name("f64"), std::nullopt);
}

TEST(DType, KnownValues) {
  EXPECT_EQ(decode(DType::f16, 0x3c00), 1.0);
  EXPECT_EQ(decode(DType::f16, 0x7bff), 65504.0);
  EXPECT_EQ(decode(DType::f16, 0x0001), 0x1.0p-24);
  EXPECT_EQ(decode(DType::bf16, 0x3f80), 1.0);
  EXPECT_EQ(decode(DType::bf16, 0xc2f7), -123.5);
  EXPECT_EQ(decode(DType::i32, 0xffffffffU), -1.0);
  EXPECT_EQ(decode(DType::u8, 0xff), 255.0);
  EXPECT_EQ(encode(DType::u8, 254), 254U);
  EXPECT_EQ(ulp_distance(DType::u8, 0x80, 0x7f), 1);
  EXPECT_FALSE(is_floating(DType::u8));
  EXPECT_EQ(largest_finite(DType::f16), 65504.0);
  EXPECT_EQ(unit_roundoff(DType::bf16), 0x1.0p-8);
  EXPECT_EQ(underflow_error(DType::f16), 0x1.0p-25);
}

TEST(DType, Float32AgreesWithTheCompilerOnACover) {
  // Every exponent and sign, with low, middle and high significands.
  for (std::uint32_t top = 0; top < 512; ++top) {
    for (const std::uint32_t low : {0U, 1U, 0x2aaaaaU, 0x400000U, 0x7fffffU}) {
      const std::uint32_t bits = (top << 23) | low;
      const auto value = std::bit_cast<float>(bits);
      if (std::isnan(value)) {
        EXPECT_TRUE(std::isnan(decode(DType::f32, bits)));
        continue;
      }
      ASSERT_EQ(decode(DType::f32, bits), static_cast<double>(value));
      ASSERT_EQ(encode(DType::f32, value), bits);
    }
  }
}

class SixteenBits : public testing::TestWithParam<DType> {};

TEST_P(SixteenBits, EveryCodeRoundTrips) {
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const double value = decode(GetParam(), bits);
    if (std::isnan(value)) {
      ASSERT_TRUE(std::isnan(decode(GetParam(), encode(GetParam(), value))));
    } else {
      ASSERT_EQ(encode(GetParam(), value), bits) << std::hex << bits;
    }
  }
}

TEST_P(SixteenBits, EveryMidpointGoesToEven) {
  const DType dtype = GetParam();
  const std::uint32_t infinity = encode(dtype, std::numeric_limits<double>::infinity());
  for (std::uint32_t bits = 0; bits + 1 < infinity; ++bits) {
    const double low = decode(dtype, bits);
    const double high = decode(dtype, bits + 1);
    const double middle = low + (high - low) / 2;
    const std::uint32_t even = bits % 2 == 0 ? bits : bits + 1;
    ASSERT_EQ(encode(dtype, middle), even);
    ASSERT_EQ(encode(dtype, std::nextafter(middle, low)), bits);
    ASSERT_EQ(encode(dtype, std::nextafter(middle, high)), bits + 1);
    ASSERT_EQ(encode(dtype, -middle), even | 0x8000U);
  }
}

TEST_P(SixteenBits, OverflowsAtHalfAnUlpPastTheLargest) {
  const DType dtype = GetParam();
  const double largest = largest_finite(dtype);
  const double ulp = largest - decode(dtype, encode(dtype, largest) - 1);
  EXPECT_EQ(decode(dtype, encode(dtype, std::nextafter(largest + ulp / 2, 0))), largest);
  EXPECT_TRUE(std::isinf(decode(dtype, encode(dtype, largest + ulp / 2))));
}

INSTANTIATE_TEST_SUITE_P(Formats, SixteenBits, testing::Values(DType::f16, DType::bf16),
                         [](const auto& format) { return std::string(name_of(format.param)); });

TEST(DType, UlpDistanceCountsAcrossZero) {
  EXPECT_EQ(ulp_distance(DType::f32, 0x80000000U, 0U), 0);
  EXPECT_EQ(ulp_distance(DType::bf16, 0x0001, 0x8001), 2);
  EXPECT_EQ(ulp_distance(DType::f16, 0x3c01, 0x3c00), 1);
}

}  // namespace
}  // namespace mlacheck
