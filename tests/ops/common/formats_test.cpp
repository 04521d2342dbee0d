// The small number formats, exhaustively: what kernels use (compiled for the CPU) against the
// reference, which shares nothing with it, and both against tables written out here.
#include "reference/common/formats.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

// A namespace of its own, so that no kernel unit of a sanitizer build is linked with these copies.
#define MLACHECK_TARGET cpu_test
#define MLACHECK_BACKEND_CPU 1
#define MLACHECK_WARP_WIDTH 32
#include "kernels/common/formats.h"

namespace mlacheck {
namespace {

using reference::Convention;
using reference::SmallFormat;

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct Policy {
  Convention convention;
  bool saturate;
  std::uint8_t (*encode)(float);
};

struct DeviceFormat {
  SmallFormat format;
  float (*decode)(std::uint8_t);
  std::array<Policy, 6> policies;
};

template <class Format>
DeviceFormat device_format(SmallFormat format) {
  return {format,
          &cpu_test::decode<Format>,
          {{{Convention::cuda, true, &cpu_test::encode<Format, cpu_test::CudaSaturate>},
            {Convention::cuda, false, &cpu_test::encode<Format, cpu_test::CudaNoSaturate>},
            {Convention::hip, true, &cpu_test::encode<Format, cpu_test::HipSaturate>},
            {Convention::hip, false, &cpu_test::encode<Format, cpu_test::HipNoSaturate>},
            {Convention::ocp, true, &cpu_test::encode<Format, cpu_test::OcpSaturate>},
            {Convention::ocp, false, &cpu_test::encode<Format, cpu_test::OcpNoSaturate>}}}};
}

const std::array<DeviceFormat, 4> kFormats{device_format<cpu_test::E2M1>(SmallFormat::e2m1),
                                           device_format<cpu_test::E4M3FN>(SmallFormat::e4m3fn),
                                           device_format<cpu_test::E4M3FNUZ>(SmallFormat::e4m3fnuz),
                                           device_format<cpu_test::E5M2>(SmallFormat::e5m2)};

// Number of inputs whose codes differ under any policy; the first is named.
int differences(const DeviceFormat& format, float value) {
  int different = 0;
  for (const Policy& policy : format.policies) {
    const int expected = reference::encode(format.format, static_cast<double>(value),
                                           policy.convention, policy.saturate);
    const int got = policy.encode(value);
    if (got == expected) continue;
    ++different;
    ADD_FAILURE() << reference::name_of(format.format) << " of " << std::hexfloat << value
                  << ", convention " << static_cast<int>(policy.convention) << ", saturate "
                  << policy.saturate << ": " << got << " where " << expected << " was expected";
  }
  return different;
}

void expect_encodes(const DeviceFormat& format, float value) {
  ASSERT_EQ(differences(format, value) + differences(format, -value), 0);
}

std::vector<double> finite_magnitudes(SmallFormat format) {
  std::vector<double> values;
  for (int code = 0; code < reference::code_count(format) / 2; ++code) {
    const double value = reference::decode(format, static_cast<std::uint8_t>(code));
    if (std::isfinite(value)) values.push_back(value);
  }
  return values;
}

TEST(Formats, ReferenceHasTheValuesOfTheStandards) {
  const std::array<double, 8> e2m1{0, 0.5, 1, 1.5, 2, 3, 4, 6};
  for (int code = 0; code < 8; ++code) {
    const auto byte = static_cast<std::uint8_t>(code);
    const double value = e2m1[static_cast<std::size_t>(code)];
    EXPECT_EQ(reference::decode(SmallFormat::e2m1, byte), value);
    const double negative = reference::decode(SmallFormat::e2m1, byte | 8U);
    EXPECT_EQ(negative, -value);
    EXPECT_TRUE(std::signbit(negative));
  }
  struct Row {
    SmallFormat format;
    int code;
    double value;
  };
  const double inf = std::numeric_limits<double>::infinity();
  for (const Row& row : std::initializer_list<Row>{{SmallFormat::e4m3fn, 0x7e, 448},
                                                   {SmallFormat::e4m3fn, 0x08, 0x1p-6},
                                                   {SmallFormat::e4m3fn, 0x01, 0x1p-9},
                                                   {SmallFormat::e4m3fn, 0xb8, -1},
                                                   {SmallFormat::e4m3fnuz, 0x7f, 240},
                                                   {SmallFormat::e4m3fnuz, 0x08, 0x1p-7},
                                                   {SmallFormat::e4m3fnuz, 0x01, 0x1p-10},
                                                   {SmallFormat::e4m3fnuz, 0xff, -240},
                                                   {SmallFormat::e5m2, 0x7b, 57344},
                                                   {SmallFormat::e5m2, 0x04, 0x1p-14},
                                                   {SmallFormat::e5m2, 0x01, 0x1p-16},
                                                   {SmallFormat::e5m2, 0x7c, inf},
                                                   {SmallFormat::e5m2, 0xfc, -inf}}) {
    EXPECT_EQ(reference::decode(row.format, static_cast<std::uint8_t>(row.code)), row.value)
        << reference::name_of(row.format) << " " << row.code;
  }
  for (const SmallFormat format :
       {SmallFormat::e2m1, SmallFormat::e4m3fn, SmallFormat::e4m3fnuz, SmallFormat::e5m2}) {
    std::vector<int> nans;
    for (int code = 0; code < reference::code_count(format); ++code) {
      if (std::isnan(reference::decode(format, static_cast<std::uint8_t>(code)))) {
        nans.push_back(code);
      }
    }
    const std::vector<int> expected = format == SmallFormat::e2m1     ? std::vector<int>{}
                                      : format == SmallFormat::e4m3fn ? std::vector<int>{0x7f, 0xff}
                                      : format == SmallFormat::e4m3fnuz
                                          ? std::vector<int>{0x80}
                                          : std::vector<int>{0x7d, 0x7e, 0x7f, 0xfd, 0xfe, 0xff};
    EXPECT_EQ(nans, expected) << reference::name_of(format);
    EXPECT_EQ(finite_magnitudes(format).back(), reference::largest_finite(format));
  }
}

TEST(Formats, AByteOfFnIsWorthHalfAsFnuz) {
  for (int code = 0; code < 0x7f; ++code) {
    const auto byte = static_cast<std::uint8_t>(code);
    EXPECT_EQ(reference::decode(SmallFormat::e4m3fn, byte),
              2 * reference::decode(SmallFormat::e4m3fnuz, byte));
    EXPECT_EQ(cpu_test::decode<cpu_test::E4M3FN>(byte),
              2 * cpu_test::decode<cpu_test::E4M3FNUZ>(byte));
  }
}

TEST(Formats, DecodesEveryCode) {
  for (const DeviceFormat& format : kFormats) {
    for (int code = 0; code < reference::code_count(format.format); ++code) {
      const auto byte = static_cast<std::uint8_t>(code);
      const auto got = static_cast<double>(format.decode(byte));
      const double expected = reference::decode(format.format, byte);
      ASSERT_EQ(std::isnan(got), std::isnan(expected)) << code;
      if (std::isnan(expected)) continue;
      ASSERT_EQ(got, expected) << reference::name_of(format.format) << " " << code;
      ASSERT_EQ(std::signbit(got), std::signbit(expected)) << code;
    }
  }
}

TEST(Formats, EncodesEveryCodeBack) {
  for (const DeviceFormat& format : kFormats) {
    for (int code = 0; code < reference::code_count(format.format); ++code) {
      const auto byte = static_cast<std::uint8_t>(code);
      const float value = format.decode(byte);
      expect_encodes(format, value);
      if (!std::isfinite(value)) continue;
      for (const Policy& policy : format.policies) {
        ASSERT_EQ(policy.encode(value), byte) << reference::name_of(format.format);
        ASSERT_EQ(reference::encode(format.format, static_cast<double>(value), policy.convention,
                                    policy.saturate),
                  byte);
      }
    }
  }
}

// Which code is nearest is known here without a search: it is one of the two neighbours.
TEST(Formats, EveryMidpointGoesToTheEvenCodeAndItsNeighboursDoNot) {
  for (const DeviceFormat& format : kFormats) {
    const std::vector<double> values = finite_magnitudes(format.format);
    for (std::size_t low = 0; low + 1 < values.size(); ++low) {
      const auto middle = static_cast<float>((values[low] + values[low + 1]) / 2);
      ASSERT_EQ(2 * static_cast<double>(middle), values[low] + values[low + 1]);
      const auto even = static_cast<int>(low % 2 == 0 ? low : low + 1);
      for (const Policy& policy : format.policies) {
        ASSERT_EQ(policy.encode(middle), even);
        ASSERT_EQ(policy.encode(std::nextafterf(middle, 0)), static_cast<int>(low));
        ASSERT_EQ(policy.encode(std::nextafterf(middle, kInf)), static_cast<int>(low + 1));
      }
      for (const float value :
           {middle, std::nextafterf(middle, 0), std::nextafterf(middle, kInf)}) {
        expect_encodes(format, value);
      }
    }
  }
}

TEST(Formats, EncodesEveryBf16) {
  for (const DeviceFormat& format : kFormats) {
    for (std::uint32_t bits = 0; bits < 0x8000U; ++bits) {
      expect_encodes(format, std::bit_cast<float>(bits << 16));
    }
  }
}

TEST(Formats, EncodesEveryExponentWithAwkwardMantissas) {
  for (const DeviceFormat& format : kFormats) {
    for (std::uint32_t exponent = 0; exponent < 255; ++exponent) {
      for (const std::uint32_t mantissa :
           {0U, 1U, 0x0fffffU, 0x100000U, 0x100001U, 0x3fffffU, 0x400000U, 0x400001U, 0x7fffffU}) {
        expect_encodes(format, std::bit_cast<float>((exponent << 23) | mantissa));
      }
    }
  }
}

TEST(Formats, EncodesEveryNanAlike) {
  for (const DeviceFormat& format : kFormats) {
    for (const std::uint32_t bits : {0x7fc00000U, 0x7f800001U, 0x7fffffffU, 0x7fa00000U}) {
      expect_encodes(format, std::bit_cast<float>(bits));
    }
  }
}

// Written out by hand, so that device and reference cannot be wrong together. The order of codes is
// that of kFormats' policies: CUDA saturating and not, HIP, OCP.
struct SpecialRow {
  std::size_t format;
  float value;
  std::array<int, 6> codes;
};

const SpecialRow kSpecialRows[] = {
    {0, 7.0f, {7, 7, 7, 7, 7, 7}},
    {0, -1e30f, {15, 15, 15, 15, 15, 15}},
    {0, kInf, {7, 7, 7, 7, 7, 7}},
    {0, -kInf, {15, 15, 15, 15, 15, 15}},
    {0, kNan, {7, 7, 7, 7, 7, 7}},
    {0, -kNan, {7, 7, 15, 15, 15, 15}},
    {0, -1e-30f, {8, 8, 8, 8, 8, 8}},
    {1, 448.0f, {0x7e, 0x7e, 0x7e, 0x7e, 0x7e, 0x7e}},
    {1, 448.0001f, {0x7e, 0x7e, 0x7e, 0x7f, 0x7e, 0x7e}},
    {1, 464.0f, {0x7e, 0x7e, 0x7e, 0x7f, 0x7e, 0x7e}},
    {1, 464.0001f, {0x7e, 0x7f, 0x7e, 0x7f, 0x7e, 0x7f}},
    {1, -500.0f, {0xfe, 0xff, 0xfe, 0xff, 0xfe, 0xff}},
    {1, kInf, {0x7e, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f}},
    {1, -kNan, {0x7f, 0x7f, 0xff, 0xff, 0xff, 0xff}},
    {1, -1e-24f, {0x80, 0x80, 0x80, 0x80, 0x80, 0x80}},
    {2, 247.0f, {0x7f, 0x7f, 0x7f, 0x80, 0x7f, 0x7f}},
    {2, 248.0f, {0x7f, 0x80, 0x7f, 0x80, 0x7f, 0x80}},
    {2, -kInf, {0xff, 0x80, 0x80, 0x80, 0x80, 0x80}},
    {2, kNan, {0x80, 0x80, 0x80, 0x80, 0x80, 0x80}},
    {2, -1e-24f, {0, 0, 0, 0, 0, 0}},
    {2, -0.0f, {0, 0, 0, 0, 0, 0}},
    {3, 57345.0f, {0x7b, 0x7b, 0x7b, 0x7c, 0x7b, 0x7b}},
    {3, 61440.0f, {0x7b, 0x7c, 0x7b, 0x7c, 0x7b, 0x7c}},
    {3, 61439.99f, {0x7b, 0x7b, 0x7b, 0x7c, 0x7b, 0x7b}},
    {3, -kInf, {0xfb, 0xfc, 0xfc, 0xfc, 0xfc, 0xfc}},
    {3, kNan, {0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f}},
    {3, 1e-24f, {0, 0, 0, 0, 0, 0}},
};

TEST(Formats, OverflowInfinityAndNanFollowTheNamedPolicies) {
  for (const SpecialRow& row : kSpecialRows) {
    const DeviceFormat& format = kFormats[row.format];
    for (std::size_t i = 0; i < row.codes.size(); ++i) {
      const Policy& policy = format.policies[i];
      EXPECT_EQ(policy.encode(row.value), row.codes[i])
          << reference::name_of(format.format) << " of " << row.value << ", policy " << i;
      EXPECT_EQ(reference::encode(format.format, static_cast<double>(row.value), policy.convention,
                                  policy.saturate),
                row.codes[i])
          << reference::name_of(format.format) << " of " << row.value << ", policy " << i;
    }
  }
}

TEST(Formats, PairsHaveTheEvenElementInTheLowNibble) {
  for (unsigned even = 0; even < 16; ++even) {
    for (unsigned odd = 0; odd < 16; ++odd) {
      const std::uint8_t pair =
          cpu_test::pack_pair(static_cast<std::uint8_t>(even), static_cast<std::uint8_t>(odd));
      ASSERT_EQ(pair, even + 16 * odd);
      ASSERT_EQ(cpu_test::even_of_pair(pair), even);
      ASSERT_EQ(cpu_test::odd_of_pair(pair), odd);
    }
  }
}

TEST(Formats, E8m0DecodesEveryByte) {
  for (int byte = 0; byte < 255; ++byte) {
    const auto code = static_cast<std::uint8_t>(byte);
    ASSERT_EQ(static_cast<double>(cpu_test::decode_e8m0(code)), std::ldexp(1.0, byte - 127));
    ASSERT_EQ(reference::decode_e8m0(code), std::ldexp(1.0, byte - 127));
  }
  EXPECT_EQ(std::bit_cast<std::uint32_t>(cpu_test::decode_e8m0(0)), 0x00400000U);
  EXPECT_TRUE(std::isnan(cpu_test::decode_e8m0(255)));
  EXPECT_TRUE(std::isnan(reference::decode_e8m0(255)));
}

TEST(Formats, E8m0EncodesEveryExponent) {
  const auto expect = [](float value) {
    for (const bool up : {false, true}) {
      for (const bool saturate : {false, true}) {
        const auto rounding =
            up ? cpu_test::PowerRounding::up : cpu_test::PowerRounding::toward_zero;
        ASSERT_EQ(cpu_test::encode_e8m0(value, rounding, saturate),
                  reference::encode_e8m0(static_cast<double>(value), up, saturate))
            << std::hexfloat << value << " up " << up << " saturate " << saturate;
      }
    }
  };
  for (std::uint32_t top = 0; top < 512; ++top) {
    for (const std::uint32_t mantissa : {0U, 1U, 0x3fffffU, 0x400000U, 0x400001U, 0x7fffffU}) {
      expect(std::bit_cast<float>((top << 23) | mantissa));
    }
  }
  using cpu_test::encode_e8m0;
  using cpu_test::PowerRounding;
  EXPECT_EQ(encode_e8m0(3.0f, PowerRounding::toward_zero, true), 128);
  EXPECT_EQ(encode_e8m0(-3.0f, PowerRounding::up, true), 129);
  EXPECT_EQ(encode_e8m0(0.0f, PowerRounding::up, true), 0);
  EXPECT_EQ(encode_e8m0(std::bit_cast<float>(0x00400001U), PowerRounding::up, true), 1);
  EXPECT_EQ(encode_e8m0(3e38f, PowerRounding::up, true), 254);
  EXPECT_EQ(encode_e8m0(3e38f, PowerRounding::up, false), 255);
  EXPECT_EQ(encode_e8m0(kInf, PowerRounding::toward_zero, true), 254);
  EXPECT_EQ(encode_e8m0(kNan, PowerRounding::toward_zero, true), 255);
}

}  // namespace
}  // namespace mlacheck
