// The conversions that kernels use, against the harness's own codec, which shares nothing with
// them: every code decodes alike; every code, every midpoint between neighbouring codes, and the
// floats one unit to either side of it encode alike.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>

#include "harness/values/dtype.hpp"
#include "tests/executor/kernels.hpp"

namespace mlacheck::executor_test {
namespace {

struct Format {
  DType dtype;
  float (*decode)(std::uint16_t);
  std::uint16_t (*encode)(float);
  std::uint32_t infinity;
};

const Format kFormats[] = {{DType::bf16, &decode_bf16, &encode_bf16, 0x7f80},
                           {DType::f16, &decode_f16, &encode_f16, 0x7c00}};

bool is_nan_code(const Format& format, std::uint32_t code) {
  return (code & 0x7fffU) > format.infinity;
}

// NaN codes agree when both are quiet NaNs of one sign; payloads are free.
void expect_encodes(const Format& format, float value) {
  const std::uint32_t expected = encode(format.dtype, static_cast<double>(value));
  const std::uint32_t got = format.encode(value);
  if (std::isnan(value)) {
    const std::uint32_t quiet = format.dtype == DType::bf16 ? 0x40U : 0x200U;
    EXPECT_TRUE(is_nan_code(format, got) && (got & quiet) != 0 && (got ^ expected) < 0x8000U)
        << std::hex << std::bit_cast<std::uint32_t>(value);
    return;
  }
  ASSERT_EQ(got, expected) << name_of(format.dtype) << " of " << std::hexfloat << value;
}

TEST(Numeric, DecodesEveryCode) {
  for (const Format& format : kFormats) {
    for (std::uint32_t code = 0; code < 0x10000U; ++code) {
      const float got = format.decode(static_cast<std::uint16_t>(code));
      const double expected = decode(format.dtype, code);
      ASSERT_EQ(std::isnan(got), std::isnan(expected)) << std::hex << code;
      if (std::isnan(got)) continue;
      ASSERT_EQ(static_cast<double>(got), expected) << std::hex << code;
      ASSERT_EQ(std::signbit(got), std::signbit(expected)) << std::hex << code;
    }
  }
}

TEST(Numeric, EncodesEveryCodeBack) {
  for (const Format& format : kFormats) {
    for (std::uint32_t code = 0; code < 0x10000U; ++code) {
      const float value = format.decode(static_cast<std::uint16_t>(code));
      if (!std::isnan(value)) {
        ASSERT_EQ(format.encode(value), code);
      }
      expect_encodes(format, value);
    }
  }
}

TEST(Numeric, EncodesEveryMidpointAndItsNeighbours) {
  for (const Format& format : kFormats) {
    for (const std::uint32_t sign : {0U, 0x8000U}) {
      for (std::uint32_t code = sign; code < (sign | format.infinity); ++code) {
        const double low = decode(format.dtype, code);
        // Past the largest finite value the next step of the same size is where infinity begins.
        const bool is_last = (code & 0x7fffU) + 1 == format.infinity;
        const double high =
            is_last ? 2 * low - decode(format.dtype, code - 1) : decode(format.dtype, code + 1);
        const auto middle = static_cast<float>((low + high) / 2);
        ASSERT_EQ(static_cast<double>(middle), (low + high) / 2);  // exact: halves fit in a float
        expect_encodes(format, middle);
        expect_encodes(format, std::nextafterf(middle, -INFINITY));
        expect_encodes(format, std::nextafterf(middle, INFINITY));
      }
    }
  }
}

TEST(Numeric, EncodesWhatIsOutOfRange) {
  for (const Format& format : kFormats) {
    for (const float value :
         {INFINITY, 3.4028235e38f, 1e30f, 65519.99f, 65520.0f, 1e-45f, 1e-40f, 2.98e-8f, 0.0f, NAN,
          std::bit_cast<float>(0x7f800001U), std::bit_cast<float>(0x7fc00001U)}) {
      expect_encodes(format, value);
      expect_encodes(format, -value);
    }
  }
}

}  // namespace
}  // namespace mlacheck::executor_test
