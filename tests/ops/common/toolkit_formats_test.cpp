// The conversions of the CUDA toolkit's headers, as g++ compiles them for the host, against both
// implementations here: equal under the policies named after CUDA, and different from the HIP and
// OCP policies exactly where those are said to differ.
#include <cuda_bf16.h>
#include <cuda_fp4.h>
#include <cuda_fp8.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "harness/values/dtype.hpp"
#include "reference/common/formats.hpp"

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

std::uint8_t toolkit_fp8(float value, SmallFormat format, bool saturate) {
  return __nv_cvt_float_to_fp8(value, saturate ? __NV_SATFINITE : __NV_NOSAT,
                               format == SmallFormat::e4m3fn ? __NV_E4M3 : __NV_E5M2);
}

std::uint8_t toolkit_fp4(float value) {
  return __nv_cvt_float_to_fp4(value, __NV_E2M1, cudaRoundNearest);
}

// All bf16 numbers, among which are the midpoints of every format, and floats beside them.
std::vector<float> inputs() {
  std::vector<float> values;
  for (std::uint32_t top = 0; top < 0x10000U; ++top) {
    for (const std::uint32_t low : {0U, 1U, 0x8000U, 0xffffU}) {
      values.push_back(std::bit_cast<float>((top << 16) | low));
    }
  }
  return values;
}

double half_value(__half_raw half) { return decode(DType::f16, half.x); }

void expect_same_number(double got, double expected, int code) {
  ASSERT_EQ(std::isnan(got), std::isnan(expected)) << code;
  if (std::isnan(expected)) return;
  ASSERT_EQ(got, expected) << code;
  ASSERT_EQ(std::signbit(got), std::signbit(expected)) << code;
}

TEST(ToolkitFormats, EveryCodeHasTheToolkitsValue) {
  for (int code = 0; code < 256; ++code) {
    const auto byte = static_cast<std::uint8_t>(code);
    const double e4m3 = half_value(__nv_cvt_fp8_to_halfraw(byte, __NV_E4M3));
    expect_same_number(static_cast<double>(cpu_test::decode<cpu_test::E4M3FN>(byte)), e4m3, code);
    expect_same_number(reference::decode(SmallFormat::e4m3fn, byte), e4m3, code);
    const double e5m2 = half_value(__nv_cvt_fp8_to_halfraw(byte, __NV_E5M2));
    expect_same_number(static_cast<double>(cpu_test::decode<cpu_test::E5M2>(byte)), e5m2, code);
    expect_same_number(reference::decode(SmallFormat::e5m2, byte), e5m2, code);
    const double power = decode(DType::bf16, __nv_cvt_e8m0_to_bf16raw(byte).x);
    expect_same_number(static_cast<double>(cpu_test::decode_e8m0(byte)), power, code);
    if (code >= 16) continue;
    const double e2m1 = half_value(__nv_cvt_fp4_to_halfraw(byte, __NV_E2M1));
    expect_same_number(static_cast<double>(cpu_test::decode<cpu_test::E2M1>(byte)), e2m1, code);
    expect_same_number(reference::decode(SmallFormat::e2m1, byte), e2m1, code);
  }
}

TEST(ToolkitFormats, EncodesAsThePoliciesNamedAfterCuda) {
  for (const float x : inputs()) {
    const auto value = static_cast<double>(x);
    for (const bool saturate : {false, true}) {
      const int e4m3 = toolkit_fp8(x, SmallFormat::e4m3fn, saturate);
      ASSERT_EQ((saturate ? cpu_test::encode<cpu_test::E4M3FN, cpu_test::CudaSaturate>(x)
                          : cpu_test::encode<cpu_test::E4M3FN, cpu_test::CudaNoSaturate>(x)),
                e4m3)
          << std::hexfloat << x;
      ASSERT_EQ(reference::encode(SmallFormat::e4m3fn, value, Convention::cuda, saturate), e4m3)
          << std::hexfloat << x;
      const int e5m2 = toolkit_fp8(x, SmallFormat::e5m2, saturate);
      ASSERT_EQ((saturate ? cpu_test::encode<cpu_test::E5M2, cpu_test::CudaSaturate>(x)
                          : cpu_test::encode<cpu_test::E5M2, cpu_test::CudaNoSaturate>(x)),
                e5m2)
          << std::hexfloat << x;
      ASSERT_EQ(reference::encode(SmallFormat::e5m2, value, Convention::cuda, saturate), e5m2)
          << std::hexfloat << x;
      for (const bool up : {false, true}) {
        const int power = __nv_cvt_float_to_e8m0(x, saturate ? __NV_SATFINITE : __NV_NOSAT,
                                                 up ? cudaRoundPosInf : cudaRoundZero);
        const auto rounding =
            up ? cpu_test::PowerRounding::up : cpu_test::PowerRounding::toward_zero;
        ASSERT_EQ(cpu_test::encode_e8m0(x, rounding, saturate), power) << std::hexfloat << x;
        ASSERT_EQ(reference::encode_e8m0(value, up, saturate), power) << std::hexfloat << x;
      }
    }
    const int e2m1 = toolkit_fp4(x);
    ASSERT_EQ((cpu_test::encode<cpu_test::E2M1, cpu_test::CudaSaturate>(x)), e2m1)
        << std::hexfloat << x;
    ASSERT_EQ(reference::encode(SmallFormat::e2m1, value, Convention::cuda, true), e2m1)
        << std::hexfloat << x;
  }
}

// Each line of difference, and no other.
TEST(ToolkitFormats, TheOtherPoliciesDifferWhereTheyAreSaidTo) {
  using cpu_test::encode;
  for (const float x : inputs()) {
    const float a = std::fabs(x);
    const bool negative_nan = std::isnan(x) && std::signbit(x);
    for (const SmallFormat format : {SmallFormat::e4m3fn, SmallFormat::e5m2}) {
      const bool is_e4m3 = format == SmallFormat::e4m3fn;
      const int saturated = toolkit_fp8(x, format, true);
      const int hip_saturated = is_e4m3 ? encode<cpu_test::E4M3FN, cpu_test::HipSaturate>(x)
                                        : encode<cpu_test::E5M2, cpu_test::HipSaturate>(x);
      ASSERT_EQ(saturated != hip_saturated, std::isinf(x) || negative_nan) << std::hexfloat << x;
      const int ocp_saturated = is_e4m3 ? encode<cpu_test::E4M3FN, cpu_test::OcpSaturate>(x)
                                        : encode<cpu_test::E5M2, cpu_test::OcpSaturate>(x);
      ASSERT_EQ(saturated != ocp_saturated, std::isinf(x) || negative_nan) << std::hexfloat << x;
      const int plain = toolkit_fp8(x, format, false);
      const int hip_plain = is_e4m3 ? encode<cpu_test::E4M3FN, cpu_test::HipNoSaturate>(x)
                                    : encode<cpu_test::E5M2, cpu_test::HipNoSaturate>(x);
      const bool early = is_e4m3 ? a > 448 && a <= 464 : a > 57344 && a < 61440;
      ASSERT_EQ(plain != hip_plain, early || negative_nan) << std::hexfloat << x;
      const int ocp_plain = is_e4m3 ? encode<cpu_test::E4M3FN, cpu_test::OcpNoSaturate>(x)
                                    : encode<cpu_test::E5M2, cpu_test::OcpNoSaturate>(x);
      ASSERT_EQ(plain != ocp_plain, negative_nan) << std::hexfloat << x;
    }
    const int fp4 = toolkit_fp4(x);
    const int hip_fp4 = encode<cpu_test::E2M1, cpu_test::HipSaturate>(x);
    ASSERT_EQ(fp4 ^ hip_fp4, negative_nan ? 8 : 0) << std::hexfloat << x;
  }
  // The inputs reach both intervals in which thresholds differ.
  EXPECT_NE(toolkit_fp8(464, SmallFormat::e4m3fn, false),
            (encode<cpu_test::E4M3FN, cpu_test::HipNoSaturate>(464)));
  EXPECT_NE(toolkit_fp8(57600, SmallFormat::e5m2, false),
            (encode<cpu_test::E5M2, cpu_test::HipNoSaturate>(57600)));
  EXPECT_EQ(toolkit_fp8(kInf, SmallFormat::e4m3fn, true), 0x7e);
}

TEST(ToolkitFormats, PairsAndDefaultsAreTheToolkits) {
  for (int even = 0; even < 16; ++even) {
    for (int odd = 0; odd < 16; ++odd) {
      const auto low = static_cast<std::uint8_t>(even);
      const auto high = static_cast<std::uint8_t>(odd);
      const float2 pair{cpu_test::decode<cpu_test::E2M1>(low),
                        cpu_test::decode<cpu_test::E2M1>(high)};
      ASSERT_EQ(cpu_test::pack_pair(low, high),
                __nv_cvt_float2_to_fp4x2(pair, __NV_E2M1, cudaRoundNearest));
    }
  }
  for (const float x : inputs()) {
    ASSERT_EQ(__nv_fp8_e8m0(x).__x, cpu_test::encode_e8m0(x, cpu_test::PowerRounding::up, true));
    ASSERT_EQ(__nv_fp8_e4m3(x).__x,
              (cpu_test::encode<cpu_test::E4M3FN, cpu_test::CudaSaturate>(x)));
    ASSERT_EQ(__nv_fp8_e5m2(x).__x, (cpu_test::encode<cpu_test::E5M2, cpu_test::CudaSaturate>(x)));
  }
}

}  // namespace
}  // namespace mlacheck
