// The quantizers: what kernels use (compiled for the CPU) against the reference, bit for bit, and
// both against tables and theorems about MXFP4, group-scaled FP8 and NVFP4.
#include "reference/common/quantize.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include "reference/common/formats.hpp"

// A namespace of its own, so that no kernel unit of a sanitizer build is linked with these copies.
#define MLACHECK_TARGET cpu_test
#define MLACHECK_BACKEND_CPU 1
#define MLACHECK_WARP_WIDTH 32
#include "kernels/common/formats.h"
#include "kernels/common/quantize.h"

namespace mlacheck {
namespace {

using reference::SmallFormat;
using Rule = reference::ScaleRule;
using Special = reference::SpecialBlock;
using Block = std::array<float, 32>;

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr std::array<Rule, 4> kRules{Rule::floor, Rule::even, Rule::round_up, Rule::ceil};
constexpr std::array<Special, 4> kSpecials{Special::launder, Special::wrap, Special::arithmetic,
                                           Special::nan_scale};

float from_bits(std::uint32_t bits) { return std::bit_cast<float>(bits); }

struct Packed {
  std::uint8_t scale = 0;
  std::array<std::uint8_t, 16> pairs{};
};

template <cpu_test::ScaleRule kRule, cpu_test::SpecialBlock kSpecial>
Packed on_device(const Block& x, bool flushes) {
  Packed packed;
  if (flushes) {
    cpu_test::quantize_mxfp4<kRule, kSpecial, cpu_test::Subnormals::flushed>(
        x.data(), &packed.scale, packed.pairs.data());
  } else {
    cpu_test::quantize_mxfp4<kRule, kSpecial>(x.data(), &packed.scale, packed.pairs.data());
  }
  return packed;
}

template <cpu_test::ScaleRule kRule>
Packed on_device(const Block& x, Special special, bool flushes) {
  switch (special) {
    case Special::launder:
      return on_device<kRule, cpu_test::SpecialBlock::launder>(x, flushes);
    case Special::wrap:
      return on_device<kRule, cpu_test::SpecialBlock::wrap>(x, flushes);
    case Special::arithmetic:
      return on_device<kRule, cpu_test::SpecialBlock::arithmetic>(x, flushes);
    case Special::nan_scale:
      return on_device<kRule, cpu_test::SpecialBlock::nan_scale>(x, flushes);
  }
  return {};
}

Packed on_device(const Block& x, Rule rule, Special special, bool flushes = false) {
  switch (rule) {
    case Rule::floor:
      return on_device<cpu_test::ScaleRule::floor>(x, special, flushes);
    case Rule::round_up:
      return on_device<cpu_test::ScaleRule::round_up>(x, special, flushes);
    case Rule::even:
      return on_device<cpu_test::ScaleRule::even>(x, special, flushes);
    case Rule::ceil:
      return on_device<cpu_test::ScaleRule::ceil>(x, special, flushes);
  }
  return {};
}

std::uint8_t byte_on_device(float amax, Rule rule) {
  switch (rule) {
    case Rule::floor:
      return cpu_test::scale_byte<cpu_test::ScaleRule::floor>(amax);
    case Rule::round_up:
      return cpu_test::scale_byte<cpu_test::ScaleRule::round_up>(amax);
    case Rule::even:
      return cpu_test::scale_byte<cpu_test::ScaleRule::even>(amax);
    case Rule::ceil:
      return cpu_test::scale_byte<cpu_test::ScaleRule::ceil>(amax);
  }
  return 0;
}

// True when device and reference agree on the block under every rule and policy.
bool agrees_everywhere(const Block& x) {
  for (const Rule rule : kRules) {
    for (const Special special : kSpecials) {
      for (const bool flushes : {false, true}) {
        const reference::MxBlock expected = reference::quantize_mxfp4(x, rule, special, flushes);
        const Packed got = on_device(x, rule, special, flushes);
        bool same = got.scale == expected.scale;
        for (std::size_t i = 0; i < 16; ++i) {
          same = same && got.pairs[i] == expected.codes[2 * i] + 16 * expected.codes[2 * i + 1];
        }
        if (same) continue;
        ADD_FAILURE() << "rule " << static_cast<int>(rule) << ", special "
                      << static_cast<int>(special) << ", flushes " << flushes << ": byte "
                      << int{got.scale} << " where " << int{expected.scale}
                      << " was expected, or codes";
        return false;
      }
    }
  }
  return true;
}

float bf16(float value) {
  // Nearest, ties away: any value on the grid will do as data.
  return from_bits((std::bit_cast<std::uint32_t>(value) + 0x8000U) & 0xffff0000U);
}

Block gaussian_block(std::mt19937_64& random) {
  std::normal_distribution<float> normal;
  Block x;
  for (float& element : x) element = bf16(normal(random));
  return x;
}

Block decoded(const reference::MxBlock& block) {
  Block x;
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = static_cast<float>(reference::mxfp4_value(block.codes[i], block.scale));
  }
  return x;
}

struct TableRow {
  std::uint32_t bits;
  std::array<int, 4> bytes;  // floor, even, round_up, ceil
  std::array<int, 4> codes;
};

const TableRow kTable[] = {{0x00000000, {0, 0, 0, 0}, {0, 0, 0, 0}},
                           {0x00000001, {0, 0, 0, 0}, {0, 0, 0, 0}},
                           {0x006ce3ee, {0, 0, 0, 0}, {3, 3, 3, 3}},
                           {0x015fffff, {0, 0, 1, 1}, {7, 7, 5, 5}},
                           {0x01600000, {0, 1, 1, 1}, {7, 6, 6, 6}},
                           {0x3f800000, {125, 125, 125, 125}, {6, 6, 6, 6}},
                           {0x3fc00000, {125, 125, 125, 126}, {7, 7, 7, 5}},
                           {0x3fc00001, {125, 125, 126, 126}, {7, 7, 5, 5}},
                           {0x3fdfffff, {125, 125, 126, 126}, {7, 7, 5, 5}},
                           {0x3fe00000, {125, 126, 126, 126}, {7, 6, 6, 6}},
                           {0x40400000, {126, 126, 126, 127}, {7, 7, 7, 5}},
                           {0x405c0000, {126, 126, 127, 127}, {7, 7, 5, 5}},
                           {0x40600000, {126, 127, 127, 127}, {7, 6, 6, 6}},
                           {0x40a00000, {127, 127, 127, 128}, {6, 6, 6, 4}},
                           {0x40c00000, {127, 127, 127, 128}, {7, 7, 7, 5}},
                           {0x40c10000, {127, 127, 128, 128}, {7, 7, 5, 5}},
                           {0x40e00000, {127, 128, 128, 128}, {7, 6, 6, 6}},
                           {0x43e00000, {133, 134, 134, 134}, {7, 6, 6, 6}},
                           {0x7e967699, {251, 251, 251, 252}, {6, 6, 6, 4}},
                           {0x7f5fffff, {252, 252, 253, 253}, {7, 7, 5, 5}}};

TEST(QuantizeMxfp4, KnownBytesAndCodesOfTheLargestElement) {
  for (const TableRow& row : kTable) {
    for (std::size_t i = 0; i < kRules.size(); ++i) {
      Block x{};
      x[31] = -from_bits(row.bits);
      const reference::MxBlock expected = reference::quantize_mxfp4(x, kRules[i]);
      EXPECT_EQ(expected.scale, row.bytes[i]) << std::hex << row.bits << " rule " << i;
      EXPECT_EQ(expected.codes[31], row.codes[i] + 8) << std::hex << row.bits << " rule " << i;
      const Packed got = on_device(x, kRules[i], Special::launder);
      EXPECT_EQ(got.scale, row.bytes[i]) << std::hex << row.bits << " rule " << i;
      EXPECT_EQ(got.pairs[15], (row.codes[i] + 8) * 16) << std::hex << row.bits << " rule " << i;
    }
  }
}

TEST(QuantizeMxfp4, EveryExponentWithEveryTurningPointOfTheRules) {
  for (std::uint32_t exponent = 0; exponent < 255; ++exponent) {
    for (const std::uint32_t mantissa :
         {0U, 1U, 2U, 0x1fffffU, 0x200000U, 0x200001U, 0x3fffffU, 0x400000U, 0x400001U, 0x5fffffU,
          0x600000U, 0x600001U, 0x7ffffeU, 0x7fffffU}) {
      const float amax = from_bits((exponent << 23) | mantissa);
      for (const Rule rule : kRules) {
        ASSERT_EQ(byte_on_device(amax, rule),
                  reference::mx_scale_byte(static_cast<double>(amax), rule, Special::arithmetic))
            << std::hexfloat << amax << " rule " << static_cast<int>(rule);
      }
      Block x{};
      x[0] = amax;
      x[1] = -amax / 3;
      ASSERT_TRUE(agrees_everywhere(x)) << std::hexfloat << amax;
    }
  }
}

// amax / 6 and amax * fl(1/6) both round; neither rounding ever moves the ceiling of the logarithm.
TEST(QuantizeMxfp4, RoundUpIsTheCeilingOfAmaxOverSixForEveryMantissa) {
  constexpr float kSixth = 1.0f / 6.0f;
  ASSERT_EQ(std::bit_cast<std::uint32_t>(kSixth), 0x3e2aaaabU);
  using cpu_test::encode_e8m0;
  using cpu_test::PowerRounding;
  int even_is_not_floor = 0;
  int different = 0;
  for (std::uint32_t mantissa = 0; mantissa < 0x800000U; ++mantissa) {
    const float amax = from_bits((130U << 23) | mantissa);
    const int expected = mantissa <= 0x400000U ? 128 : 129;
    const int byte = byte_on_device(amax, Rule::round_up);
    different += byte != expected;
    different += encode_e8m0(amax * kSixth, PowerRounding::up, true) != expected;
    different += encode_e8m0(amax / 6.0f, PowerRounding::up, true) != expected;
    even_is_not_floor += byte_on_device(amax, Rule::even) != byte_on_device(amax, Rule::floor);
  }
  EXPECT_EQ(different, 0);
  EXPECT_EQ(even_is_not_floor, 1 << 21);
}

// The codes are also those of the usual bit trick: below 1 an addition of 2^22 rounds to multiples
// of 1/2, above it half a unit is added to the bits.
TEST(QuantizeMxfp4, CodesAreThoseOfTheBitTrickForEveryBf16) {
  const auto trick = [](float q) -> unsigned {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(q) & 0x7fffffffU;
    const float a = from_bits(bits);
    if (a >= 6) return 7;
    if (a < 1) return std::bit_cast<std::uint32_t>(a + 0x1p22f) - 0x4a800000U;
    return ((bits + 0x1fffffU + ((bits >> 22) & 1U) - (126U << 23)) >> 22) & 7U;
  };
  for (std::uint32_t top = 0; top < 0x10000U; ++top) {
    for (const std::uint32_t low : {0U, 1U, 0xffffU}) {
      const float q = from_bits((top << 16) | low);
      ASSERT_EQ(cpu_test::mxfp4_code(q, 127), trick(q) | ((top >> 15) << 3)) << std::hexfloat << q;
    }
  }
}

TEST(QuantizeMxfp4, ZeroBlocksKeepTheirSigns) {
  Block x{};
  x[3] = -0.0f;
  for (const Rule rule : kRules) {
    const reference::MxBlock block = reference::quantize_mxfp4(x, rule);
    EXPECT_EQ(block.scale, 0);
    EXPECT_EQ(block.codes[2], 0);
    EXPECT_EQ(block.codes[3], 8);
  }
  EXPECT_TRUE(agrees_everywhere(x));
}

struct SpecialRow {
  std::uint32_t bits;        // of element 1; the others are 1
  std::array<int, 4> bytes;  // of kSpecials, rule even
  std::array<int, 4> codes;  // of element 1
};

const SpecialRow kSpecialRows[] = {
    {0x7f5fffff, {252, 252, 252, 252}, {7, 7, 7, 7}},
    {0x7f600000, {254, 254, 253, 255}, {4, 4, 6, 0}},  // 1.75 * 2^127 is the first special one
    {0x7f7fffff, {254, 254, 253, 255}, {4, 4, 6, 0}},
    {0x7f800000, {254, 254, 253, 255}, {7, 7, 7, 0}},
    {0xff800000, {254, 254, 253, 255}, {15, 15, 15, 0}},
    {0x7f800001, {125, 254, 125, 255}, {2, 2, 2, 0}},  // NaN: becomes 1, 1.5 or 2 times the scale
    {0x7fc00000, {125, 254, 125, 255}, {3, 3, 3, 0}},
    {0xffc00000, {125, 254, 125, 255}, {11, 11, 11, 0}},
    {0x7fdfffff, {125, 254, 125, 255}, {3, 3, 3, 0}},
    {0x7fe00000, {125, 0, 125, 255}, {4, 4, 4, 0}},
    {0x7fffffff, {125, 0, 125, 255}, {4, 4, 4, 0}},
};

TEST(QuantizeMxfp4, SpecialBlocksFollowTheirPolicy) {
  for (const SpecialRow& row : kSpecialRows) {
    Block x;
    x.fill(1);
    x[1] = from_bits(row.bits);
    for (std::size_t i = 0; i < kSpecials.size(); ++i) {
      const reference::MxBlock block = reference::quantize_mxfp4(x, Rule::even, kSpecials[i]);
      EXPECT_EQ(block.scale, row.bytes[i]) << std::hex << row.bits << " policy " << i;
      EXPECT_EQ(block.codes[1], row.codes[i]) << std::hex << row.bits << " policy " << i;
      // The companions: 1 is far below a huge scale, and far above 2^-127.
      const int companion = block.scale == 125 ? 6 : block.scale == 0 ? 7 : 0;
      EXPECT_EQ(block.codes[0], companion) << std::hex << row.bits << " policy " << i;
    }
    EXPECT_TRUE(agrees_everywhere(x)) << std::hex << row.bits;
  }
}

TEST(QuantizeMxfp4, FlushingEmptiesTheTopBlockAndSubnormalElements) {
  Block x{};
  x[0] = 0x1.cp127f;
  x[1] = -0x1p127f;
  const reference::MxBlock kept = reference::quantize_mxfp4(x, Rule::even);
  EXPECT_EQ(kept.codes[0], 4);
  EXPECT_EQ(kept.codes[1], 10);
  const reference::MxBlock flushed =
      reference::quantize_mxfp4(x, Rule::even, Special::launder, true);
  EXPECT_EQ(flushed.scale, 254);
  EXPECT_EQ(flushed.codes[0], 0);
  EXPECT_EQ(flushed.codes[1], 8);
  Block tiny{};
  tiny[0] = 0x1p-126f;
  tiny[1] = -0x1.8p-127f;
  EXPECT_EQ(reference::quantize_mxfp4(tiny, Rule::even).codes[1], 11);
  EXPECT_EQ(reference::quantize_mxfp4(tiny, Rule::even, Special::launder, true).codes[1], 8);
  EXPECT_TRUE(agrees_everywhere(x));
  EXPECT_TRUE(agrees_everywhere(tiny));
}

TEST(QuantizeMxfp4, DeviceAndReferenceAgreeOnEverything) {
  std::mt19937_64 random(1);
  for (std::size_t n = 0; n < 3000; ++n) {
    // Bits at random are of all magnitudes, so the largest decides; a window of exponents gives
    // blocks in which all codes occur.
    Block x;
    const auto base = static_cast<std::uint32_t>(random() % 252U);
    for (float& element : x) {
      const auto bits = static_cast<std::uint32_t>(random());
      const std::uint32_t exponent = base + static_cast<std::uint32_t>(random() % 4U);
      element = from_bits(n % 8 == 0 ? bits : (bits & 0x807fffffU) | (exponent << 23));
      if (n % 3 == 0) element = from_bits(std::bit_cast<std::uint32_t>(element) & 0xfff00000U);
    }
    if (n % 100 == 0)
      x[n / 100 % 32] = from_bits(0x7f800000U | static_cast<std::uint32_t>(random()));
    if (n % 150 == 0) x[7] = kInf;
    ASSERT_TRUE(agrees_everywhere(x)) << "block " << n;
  }
}

TEST(QuantizeMxfp4, ErrorsStayInTheirBoundsAndTheBoundsAreReached) {
  std::mt19937_64 random(2);
  for (const Rule rule : kRules) {
    const double relative = rule == Rule::floor ? 0.25 : 0.2;
    double largest = 0;
    for (int n = 0; n < 2000; ++n) {
      const Block x = gaussian_block(random);
      const reference::MxBlock block = reference::quantize_mxfp4(x, rule);
      const double scale = reference::decode_e8m0(block.scale);
      for (std::size_t i = 0; i < x.size(); ++i) {
        const auto value = static_cast<double>(x[i]);
        const double error = std::fabs(value - reference::mxfp4_value(block.codes[i], block.scale));
        const double bound = std::max(relative * std::fabs(value), scale / 4);
        ASSERT_LE(error, bound);
        largest = std::max(largest, error / bound);
      }
    }
    EXPECT_GT(largest, 0.98) << static_cast<int>(rule);
  }
}

bool same_block(const reference::MxBlock& a, const reference::MxBlock& b) {
  return a.scale == b.scale && a.codes == b.codes;
}

bool has_code(const reference::MxBlock& block, int magnitude) {
  return std::any_of(block.codes.begin(), block.codes.end(),
                     [=](std::uint8_t code) { return (code & 7) == magnitude; });
}

// Quantizing what was quantized. With floor or even the largest code is 6 or 7, so amax is 1 or 1.5
// times a power of two and every rule but ceil finds the same exponent. A block of round_up whose
// largest code is 5 moves one exponent down and keeps its values.
TEST(QuantizeMxfp4, QuantizingAgainKeepsValuesExceptByCeil) {
  constexpr int kBlocks = 20000;
  for (const Rule first : {Rule::floor, Rule::even, Rule::round_up}) {
    std::mt19937_64 random(3);
    int moved = 0;
    int lossy = 0;
    for (int n = 0; n < kBlocks; ++n) {
      const reference::MxBlock once = reference::quantize_mxfp4(gaussian_block(random), first);
      const Block values = decoded(once);
      bool any_moved = false;
      for (const Rule second : {Rule::floor, Rule::even, Rule::round_up}) {
        const reference::MxBlock twice = reference::quantize_mxfp4(values, second);
        ASSERT_EQ(decoded(twice), values);
        any_moved = any_moved || !same_block(once, twice);
        ASSERT_EQ(same_block(once, twice), has_code(once, 6) || has_code(once, 7));
      }
      moved += any_moved;
      const bool lost = decoded(reference::quantize_mxfp4(values, Rule::ceil)) != values;
      // The scale doubles, and 0.5 and 1.5 fall off the grid.
      ASSERT_EQ(lost, has_code(once, 7) && (has_code(once, 1) || has_code(once, 3)));
      lossy += lost;
    }
    const double moved_share = static_cast<double>(moved) / kBlocks;
    const double lossy_share = static_cast<double>(lossy) / kBlocks;
    if (first == Rule::round_up) {
      EXPECT_NEAR(moved_share, 0.125, 0.02);
    } else {
      EXPECT_EQ(moved, 0);
    }
    const double expected = first == Rule::even ? 0.38 : first == Rule::floor ? 0.55 : 0.26;
    EXPECT_NEAR(lossy_share, expected, 0.02) << static_cast<int>(first);
  }
}

TEST(QuantizeMxfp4, ValuesAreTheSameOnBothSides) {
  for (int byte = 0; byte < 256; ++byte) {
    for (int code = 0; code < 16; ++code) {
      const auto got = static_cast<double>(
          cpu_test::mxfp4_value(static_cast<std::uint8_t>(code), static_cast<std::uint8_t>(byte)));
      const double expected =
          reference::mxfp4_value(static_cast<std::uint8_t>(code), static_cast<std::uint8_t>(byte));
      if (std::isnan(expected)) {
        ASSERT_TRUE(std::isnan(got));
        continue;
      }
      ASSERT_EQ(got, static_cast<double>(static_cast<float>(expected))) << byte << " " << code;
      // bf16 holds them all as far as they are finite there: 6 * 2^(252 - 127) is.
      if (byte <= 252) {
        ASSERT_EQ(got, expected);
        ASSERT_EQ(std::bit_cast<std::uint32_t>(static_cast<float>(got)) & 0xffffU, 0U);
      }
    }
  }
}

// FP8 groups.

struct Fp8Case {
  reference::Fp8Rule rule;
  void (*quantize)(const float*, int, float, float, float*, std::uint8_t*);
};

template <class Format>
void add_fp8_cases(std::vector<Fp8Case>& cases, SmallFormat format, float maximum) {
  using cpu_test::NanClamp;
  using cpu_test::ScaleForm;
  cases.push_back({{format, maximum, 1e-10f, false, false},
                   &cpu_test::quantize_fp8_group<Format, ScaleForm::divide, NanClamp::lowest>});
  cases.push_back({{format, maximum, 1e-10f, true, false},
                   &cpu_test::quantize_fp8_group<Format, ScaleForm::reciprocal, NanClamp::lowest>});
  cases.push_back({{format, maximum, 0, false, true},
                   &cpu_test::quantize_fp8_group<Format, ScaleForm::divide, NanClamp::nan>});
  cases.push_back({{format, maximum, 0, true, true},
                   &cpu_test::quantize_fp8_group<Format, ScaleForm::reciprocal, NanClamp::nan>});
}

std::vector<Fp8Case> fp8_cases() {
  std::vector<Fp8Case> cases;
  add_fp8_cases<cpu_test::E4M3FN>(cases, SmallFormat::e4m3fn, 448);
  add_fp8_cases<cpu_test::E4M3FN>(cases, SmallFormat::e4m3fn, 240);
  add_fp8_cases<cpu_test::E4M3FNUZ>(cases, SmallFormat::e4m3fnuz, 240);
  add_fp8_cases<cpu_test::E4M3FNUZ>(cases, SmallFormat::e4m3fnuz, 224);
  add_fp8_cases<cpu_test::E5M2>(cases, SmallFormat::e5m2, 57344);
  return cases;
}

// The device's scale and codes, which must be the reference's.
reference::Fp8Group both(const Fp8Case& c, const std::vector<float>& x) {
  reference::Fp8Group expected = reference::quantize_fp8_group(x, c.rule);
  reference::Fp8Group got;
  got.codes.resize(x.size());
  c.quantize(x.data(), static_cast<int>(x.size()), c.rule.maximum, c.rule.eps, &got.scale,
             got.codes.data());
  EXPECT_EQ(std::bit_cast<std::uint32_t>(got.scale), std::bit_cast<std::uint32_t>(expected.scale))
      << reference::name_of(c.rule.format) << " " << c.rule.maximum;
  EXPECT_EQ(got.codes, expected.codes)
      << reference::name_of(c.rule.format) << " " << c.rule.maximum;
  return expected;
}

std::vector<float> gaussian_group(std::mt19937_64& random, double scale) {
  std::normal_distribution<double> normal(0, scale);
  std::vector<float> x(128);
  for (float& element : x) element = static_cast<float>(normal(random));
  return x;
}

TEST(QuantizeFp8, ScalesAreOneRoundingFromTheQuotient) {
  EXPECT_EQ(std::bit_cast<std::uint32_t>(1.0f / 448.0f), 0x3b124925U);
  EXPECT_EQ(448.0f * (1.0f / 448.0f), 1.0f);
  EXPECT_EQ(240.0f * (1.0f / 240.0f), 1.0f);
  std::mt19937_64 random(4);
  int different = 0;
  for (int n = 0; n < 20000; ++n) {
    const float m = from_bits(0x3f800000U | static_cast<std::uint32_t>(random() % 0x800000U));
    for (const float maximum : {448.0f, 240.0f, 224.0f}) {
      using cpu_test::fp8_scale;
      using cpu_test::ScaleForm;
      const float quotient = fp8_scale<ScaleForm::divide>(m, maximum, 1e-10f);
      const float product = fp8_scale<ScaleForm::reciprocal>(m, maximum, 1e-10f);
      const double exact = static_cast<double>(m) / static_cast<double>(maximum);
      ASSERT_LE(std::fabs(static_cast<double>(quotient) / exact - 1), 0x1p-24);
      ASSERT_LE(std::fabs(static_cast<double>(product) / exact - 1), 3 * 0x1p-24);
      different += quotient != product;
    }
  }
  EXPECT_GT(different, 0);  // the two forms are not the same function
}

TEST(QuantizeFp8, DeviceAndReferenceAgreeOnAllMagnitudes) {
  std::mt19937_64 random(5);
  for (const Fp8Case& c : fp8_cases()) {
    for (int exponent = -149; exponent < 127; exponent += 3) {
      both(c, gaussian_group(random, std::ldexp(1.0, exponent)));
      if (HasFailure()) return;
    }
  }
}

// Between x / s and the two roundings that replace it lie 4 units of 2^-24; only there may a code
// differ from the nearest one, and then by one.
TEST(QuantizeFp8, CodesAreTheNearestOutsideAWindowAroundTies) {
  std::mt19937_64 random(6);
  for (const Fp8Case& c : fp8_cases()) {
    for (int n = 0; n < 100; ++n) {
      const std::vector<float> x = gaussian_group(random, 1);
      const reference::Fp8Group group = both(c, x);
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double quotient = static_cast<double>(x[i]) / static_cast<double>(group.scale);
        const auto code_at = [&](double factor) {
          const auto limit = static_cast<double>(c.rule.maximum);
          return reference::encode(c.rule.format, std::clamp(quotient * factor, -limit, limit),
                                   reference::Convention::cuda, true);
        };
        const std::uint8_t low = code_at(1 - 4 * 0x1p-24);
        const std::uint8_t high = code_at(1 + 4 * 0x1p-24);
        ASSERT_TRUE(group.codes[i] == low || group.codes[i] == high);
        ASSERT_LE(std::abs(low - high), 1);
      }
    }
  }
}

TEST(QuantizeFp8, ZeroGroupsHaveTheScaleOfTheLimit) {
  for (const Fp8Case& c : fp8_cases()) {
    const reference::Fp8Group group = both(c, {0, -0.0f, 0});
    if (c.rule.eps == 0) {
      // 0 / 0: the quantizer without a limit loses the group.
      EXPECT_EQ(group.scale, 0.0f);
      for (const std::uint8_t code : group.codes) {
        EXPECT_TRUE(std::isnan(reference::decode(c.rule.format, code)));
      }
      continue;
    }
    EXPECT_NEAR(static_cast<double>(group.scale), 1e-10 / static_cast<double>(c.rule.maximum),
                1e-17);
    const std::uint8_t minus_zero = c.rule.format == SmallFormat::e4m3fnuz ? 0 : 0x80;
    EXPECT_EQ(group.codes, (std::vector<std::uint8_t>{0, minus_zero, 0}));
  }
}

TEST(QuantizeFp8, BelowTheLimitTheScaleIsFixed) {
  for (const Fp8Case& c : fp8_cases()) {
    if (c.rule.eps == 0) continue;
    const reference::Fp8Group zero = both(c, {0});
    const reference::Fp8Group tiny = both(c, {9e-11f, 1e-14f, 1e-30f, -1e-44f});
    EXPECT_EQ(tiny.scale, zero.scale);
    EXPECT_EQ(tiny.codes[2], 0);
    EXPECT_GT(both(c, {1.01e-10f}).scale, zero.scale);
  }
}

TEST(QuantizeFp8, InfinityAndNan) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const Fp8Case& c : fp8_cases()) {
    const auto value = [&](std::uint8_t code) { return reference::decode(c.rule.format, code); };
    // Infinite scale, inverse 0: finite elements vanish, infinity times 0 is a NaN to be clamped.
    const reference::Fp8Group infinite = both(c, {1, kInf, -3});
    EXPECT_EQ(infinite.scale, kInf);
    EXPECT_EQ(value(infinite.codes[0]), 0.0);
    EXPECT_EQ(value(infinite.codes[2]), 0.0);
    const reference::Fp8Group with_nan = both(c, {1, nan, -2});
    EXPECT_EQ(with_nan.scale, both(c, {1, -2}).scale);
    for (const std::uint8_t code : {infinite.codes[1], with_nan.codes[1]}) {
      if (c.rule.clamp_keeps_nan) {
        EXPECT_TRUE(std::isnan(value(code)));
      } else {
        EXPECT_EQ(value(code), -static_cast<double>(c.rule.maximum));
      }
    }
  }
}

TEST(QuantizeFp8, PowersOfTwoOfTheMaximumAreExact) {
  for (const Fp8Case& c : fp8_cases()) {
    for (int k = -30; k <= 30; ++k) {
      std::vector<float> x;
      for (int code = 0; code < 256; ++code) {
        const double value = reference::decode(c.rule.format, static_cast<std::uint8_t>(code));
        if (std::fabs(value) <= static_cast<double>(c.rule.maximum)) {
          x.push_back(static_cast<float>(std::ldexp(value, k)));
        }
      }
      const reference::Fp8Group group = both(c, x);
      ASSERT_EQ(static_cast<double>(group.scale), std::ldexp(1.0, k));
      for (std::size_t i = 0; i < x.size(); ++i) {
        ASSERT_EQ(std::ldexp(reference::decode(c.rule.format, group.codes[i]), k),
                  static_cast<double>(x[i]));
      }
    }
  }
}

TEST(QuantizeFp8, QuantizingAgainMovesValuesByRoundingsOnly) {
  std::mt19937_64 random(7);
  for (const Fp8Case& c : fp8_cases()) {
    for (int n = 0; n < 200; ++n) {
      const reference::Fp8Group once = both(c, gaussian_group(random, 1));
      std::vector<float> values;
      for (const std::uint8_t code : once.codes) {
        values.push_back(static_cast<float>(reference::decode(c.rule.format, code)) * once.scale);
      }
      const reference::Fp8Group twice = both(c, values);
      for (std::size_t i = 0; i < values.size(); ++i) {
        const double again =
            reference::decode(c.rule.format, twice.codes[i]) * static_cast<double>(twice.scale);
        ASSERT_LE(std::fabs(again - static_cast<double>(values[i])),
                  0x1p-22 * std::fabs(static_cast<double>(values[i])));
      }
    }
  }
}

// NVFP4.

reference::Nvfp4Block both_nvfp4(const std::array<float, 16>& x, float global) {
  const reference::Nvfp4Block expected = reference::quantize_nvfp4(x, global);
  std::uint8_t scale = 0xee;
  std::array<std::uint8_t, 8> pairs{};
  cpu_test::quantize_nvfp4(x.data(), global, &scale, pairs.data());
  EXPECT_EQ(scale, expected.scale);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    EXPECT_EQ(pairs[i], expected.codes[2 * i] + 16 * expected.codes[2 * i + 1]) << i;
  }
  return expected;
}

TEST(QuantizeNvfp4, BlocksOnTheGridAreExact) {
  std::array<float, 16> x;
  for (int code = 0; code < 16; ++code) {
    x[static_cast<std::size_t>(code)] =
        static_cast<float>(reference::decode(SmallFormat::e2m1, static_cast<std::uint8_t>(code)));
  }
  for (const float global : {1.0f, 2.0f, 0.25f, 64.0f}) {
    const reference::Nvfp4Block block = both_nvfp4(x, global);
    EXPECT_EQ(reference::decode(SmallFormat::e4m3fn, block.scale), static_cast<double>(global));
    for (int code = 0; code < 16; ++code) {
      EXPECT_EQ(block.codes[static_cast<std::size_t>(code)], code);
    }
  }
}

TEST(QuantizeNvfp4, SpecialBlocks) {
  std::array<float, 16> x{};
  x[1] = -0.0f;
  const reference::Nvfp4Block zero = both_nvfp4(x, 448);
  EXPECT_EQ(zero.scale, 0);
  EXPECT_EQ(zero.codes[0], 0);
  EXPECT_EQ(zero.codes[1], 8);
  // The scale underflows, the factor is infinite: numbers saturate, zero becomes NaN and so 6. All
  // of it is multiplied by 0 on decoding.
  x[0] = -0x1p-20f;
  const reference::Nvfp4Block lost = both_nvfp4(x, 1);
  EXPECT_EQ(lost.scale, 0);
  EXPECT_EQ(lost.codes[0], 15);
  EXPECT_EQ(lost.codes[2], 7);
  x = {};
  x[0] = kInf;
  x[1] = 1;
  x[2] = -std::numeric_limits<float>::quiet_NaN();
  const reference::Nvfp4Block infinite = both_nvfp4(x, 1);
  EXPECT_EQ(infinite.scale, 0x7e);
  EXPECT_EQ(infinite.codes[0], 7);
  EXPECT_EQ(infinite.codes[1], 0);
  EXPECT_EQ(infinite.codes[2], 7);
}

TEST(QuantizeNvfp4, DeviceAndReferenceAgreeAndErrorsStayInTheirBound) {
  std::mt19937_64 random(8);
  std::normal_distribution<float> normal;
  for (int n = 0; n < 20000; ++n) {
    std::array<float, 16> x;
    const float size = std::ldexp(1.0f, static_cast<int>(random() % 12U) - 8);
    for (float& element : x) element = bf16(normal(random)) * size;
    // 448 * 6 over the tensor's largest magnitude: no block scale is past 448.
    const float global = 448.0f * 6.0f / 64.0f;
    const reference::Nvfp4Block block = both_nvfp4(x, global);
    ASSERT_FALSE(HasFailure());
    const double scale = reference::decode(SmallFormat::e4m3fn, block.scale);
    ASSERT_GE(scale, 0x1p-6);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto value = static_cast<double>(x[i]);
      const double step = scale / static_cast<double>(global);
      const double error =
          std::fabs(value - reference::decode(SmallFormat::e2m1, block.codes[i]) * step);
      // Four roundings to float, by which a tie may be missed.
      ASSERT_LE(error, std::max(0.2 * std::fabs(value), 0.25 * step) * (1 + 16 * 0x1p-24));
    }
  }
}

// Which products are formed, and in which order, shows only beside a tie of the scale's rounding.
TEST(QuantizeNvfp4, ScalesBesideTiesFollowTheOrderOfTheSteps) {
  std::mt19937_64 random(9);
  int different = 0;
  for (std::uint8_t code = 0x08; code < 0x7e; ++code) {
    const auto next = static_cast<std::uint8_t>(code + 1);
    const double tie = (reference::decode(SmallFormat::e4m3fn, code) +
                        reference::decode(SmallFormat::e4m3fn, next)) /
                       2;
    for (int n = 0; n < 20; ++n) {
      const float global =
          from_bits(0x42000000U | static_cast<std::uint32_t>(random() % 0x800000U));
      std::array<float, 16> x{};
      x[5] = static_cast<float>(tie * 6 / static_cast<double>(global));
      for (int step = 0; step < 3; ++step) x[5] = std::nextafterf(x[5], 0);
      for (int step = 0; step < 6; ++step) {
        const reference::Nvfp4Block block = both_nvfp4(x, global);
        ASSERT_FALSE(HasFailure()) << std::hexfloat << x[5] << " " << global;
        ASSERT_TRUE(block.scale == code || block.scale == next);
        different += block.scale != cpu_test::encode<cpu_test::E4M3FN, cpu_test::CudaSaturate>(
                                        x[5] * global / 6.0f);
        x[5] = std::nextafterf(x[5], kInf);
      }
    }
  }
  EXPECT_GT(different, 0);
}

}  // namespace
}  // namespace mlacheck
