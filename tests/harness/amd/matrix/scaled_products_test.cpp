// v_mfma_scale_f32_*_f8f6f4 and v_mfma_f32_*_f8f6f4 against their definition. All sums are exact in fp32.
//
// The words are those of gfx950: A lies in v16 and on, B in v32 and on, the scales of A in v48, those of B in
// v49, C in v80 and on, and the result in v64 and on.
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <random>

#include "tests/harness/amd/support/machine.hpp"

namespace mlacheck::amd::test {
namespace {

constexpr unsigned kA = 16;
constexpr unsigned kB = 32;
constexpr unsigned kScales = 48;
constexpr unsigned kResult = 64;
constexpr unsigned kAddend = 80;
constexpr std::array<double, 16> kE2m1{0,   0.5,  1,  1.5,  2,  3,  4,  6,
                                       -0., -0.5, -1, -1.5, -2, -3, -4, -6};

struct Shape {
  unsigned rows;
  unsigned depth() const { return 64 * 32 / rows; }
  unsigned results() const { return rows * rows / 64; }
  unsigned row(unsigned lane, unsigned result) const {
    return rows == 16 ? 4 * (lane / 16) + result : 8 * (result / 4) + 4 * (lane / 32) + result % 4;
  }
};

// Rows of A, or columns of B, with a scale for each 32 elements.
class Factor {
 public:
  Factor(Shape shape, unsigned seed) : shape_(shape) {
    std::mt19937 random(seed);
    for (unsigned row = 0; row < shape.rows; ++row) {
      for (unsigned k = 0; k < shape.depth(); ++k)
        codes_.push_back(static_cast<u32>(random() % 16));
    }
    for (unsigned i = 0; i < 64 * 4; ++i) scales_.push_back(static_cast<u32>(124 + random() % 7));
  }

  void place(Wave& wave, unsigned first, unsigned scale) const {
    for (unsigned lane = 0; lane < 64; ++lane) {
      for (unsigned word = 0; word < 4; ++word) {
        u32 bits = 0;
        for (unsigned e = 0; e < 8; ++e) {
          const unsigned k = lane / shape_.rows * 32 + 8 * word + e;
          bits |= codes_.at(lane % shape_.rows * shape_.depth() + k) << (4 * e);
        }
        wave.vector.at(first + word)[lane] = bits;
      }
      u32 bits = 0;
      for (unsigned byte = 0; byte < 4; ++byte) bits |= scales_.at(4 * lane + byte) << (8 * byte);
      wave.vector.at(scale)[lane] = bits;
    }
  }

  // With the scales that stand in this byte.
  double value(unsigned row, unsigned k, unsigned byte) const {
    const unsigned lane = k / 32 * shape_.rows + row;
    return kE2m1.at(codes_.at(row * shape_.depth() + k)) *
           std::exp2(static_cast<double>(scales_.at(4 * lane + byte)) - 127);
  }

 private:
  Shape shape_;
  std::vector<u32> codes_;
  std::vector<u32> scales_;
};

float result_of(const Wave& wave, unsigned lane, unsigned result, unsigned first = kResult) {
  return std::bit_cast<float>(wave.vector.at(first + result)[lane]);
}

struct Scaled {
  std::vector<u32> words;
  Shape shape;
  std::array<unsigned, 2> bytes;  ///< of the scales of A and of B
  bool with_c = false;
  unsigned target = kResult;
};

void expect_product(const Scaled& form) {
  Machine machine(Target::gfx950, bytes_of(form.words));
  Wave& wave = machine.wave();
  const Factor a(form.shape, 3);
  const Factor b(form.shape, 4);
  a.place(wave, kA, kScales);
  b.place(wave, kB, kScales + 1);
  for (unsigned r = 0; r < form.shape.results(); ++r) {
    for (unsigned lane = 0; lane < 64; ++lane) {
      wave.vector.at(kAddend + r)[lane] = std::bit_cast<u32>(static_cast<float>(4 * lane + r));
    }
  }
  wave.set_mask(ScalarRegister::kExec, 1);  // plays no part
  ASSERT_FALSE(machine.run());
  for (unsigned lane = 0; lane < 64; ++lane) {
    for (unsigned r = 0; r < form.shape.results(); ++r) {
      double expected = form.with_c ? 4 * lane + r : 0;
      for (unsigned k = 0; k < form.shape.depth(); ++k) {
        expected += a.value(form.shape.row(lane, r), k, form.bytes[0]) *
                    b.value(lane % form.shape.rows, k, form.bytes[1]);
      }
      ASSERT_EQ(result_of(wave, lane, r, form.target), static_cast<float>(expected))
          << lane << " " << r;
    }
  }
}

constexpr Shape kSmall{16};
constexpr Shape kLarge{32};

TEST(ScaledProducts, OfFourBits) {
  expect_product({{0xd3ac0000, 0x00026330, 0xd3ad0c40, 0x82024110}, kSmall, {0, 0}});
  expect_product({{0xd3ac0800, 0x10026330, 0xd3ad0c40, 0x85424110}, kSmall, {1, 2}, true});
  expect_product({{0xd3ac1800, 0x08026330, 0xd3ad0c40, 0x85424110}, kSmall, {3, 1}, true});
  expect_product({{0xd3ac1000, 0x08026330, 0xd3ae0c40, 0x82024110}, kLarge, {2, 1}});
  expect_product({{0xd3ac1000, 0x18026330, 0xd3ae0c40, 0x85424110}, kLarge, {2, 3}, true});
}

TEST(ScaledProducts, OverTheirOwnOperands) {
  expect_product({{0xd3ac0000, 0x00026330, 0xd3ad0c10, 0x82024110}, kSmall, {0, 0}, false, kA});
  expect_product({{0xd3ac0000, 0x00026330, 0xd3ad0c20, 0x82024110}, kSmall, {0, 0}, false, kB});
}

TEST(ScaledProducts, ScalesThatAreNoNumbers) {
  Machine machine(Target::gfx950, bytes_of({0xd3ac0000, 0x00026330, 0xd3ad0c40, 0x82024110}));
  Wave& wave = machine.wave();
  for (unsigned word = 0; word < 4; ++word) {
    wave.vector[kA + word].fill(0x2222'2222);  // ones
    wave.vector[kB + word].fill(0x2222'2222);
  }
  wave.vector[kScales].fill(127);
  wave.vector[kScales + 1].fill(127);
  wave.vector[kScales][5] = 255;  // row 5 of A, its first 32 elements
  ASSERT_FALSE(machine.run());
  for (unsigned lane = 0; lane < 64; ++lane) {
    for (unsigned r = 0; r < 4; ++r) {
      const float found = result_of(wave, lane, r);
      if (kSmall.row(lane, r) == 5) {
        EXPECT_TRUE(std::isnan(found)) << lane << " " << r;
      } else {
        EXPECT_EQ(found, 128) << lane << " " << r;
      }
    }
  }
}

// Without scales, of eight bits: row r of A is one code, column c of B another.
TEST(ScaledProducts, OfEightBits) {
  struct Form {
    std::vector<u32> words;
    std::array<u32, 2> codes;  ///< of 1.5 and of -2
    Shape shape;
    float addend = 0;
  };
  constexpr std::array<u32, 2> kFp8{0x3c, 0xc0};
  constexpr std::array<u32, 2> kBf8{0x3e, 0xc0};
  const std::vector<Form> forms{
      {{0xd3ad0040, 0x02024110}, {kFp8[0], kFp8[1]}, kSmall},
      {{0xd3ad0140, 0x02024110}, {kBf8[0], kFp8[1]}, kSmall},
      {{0xd3ad0040, 0x22024110}, {kFp8[0], kBf8[1]}, kSmall},
      {{0xd3ae0040, 0x02024110}, {kFp8[0], kFp8[1]}, kLarge},
      {{0xd3ae0140, 0x23ca4110}, {kBf8[0], kBf8[1]}, kLarge, 1},  // plus 1.0
  };
  for (const Form& form : forms) {
    Machine machine(Target::gfx950, bytes_of(form.words));
    Wave& wave = machine.wave();
    for (unsigned lane = 0; lane < 64; ++lane) {
      const bool odd = lane % 2 != 0;  // rows and columns that are not 0
      for (unsigned word = 0; word < 8; ++word) {
        wave.vector.at(kA + word)[lane] = odd ? form.codes[0] * 0x0101'0101 : 0;
        wave.vector.at(kB + word)[lane] = odd ? form.codes[1] * 0x0101'0101 : 0;
      }
    }
    const auto fault = machine.run();
    ASSERT_FALSE(fault) << fault->text;
    for (unsigned lane = 0; lane < 64; ++lane) {
      for (unsigned r = 0; r < form.shape.results(); ++r) {
        const bool odd = lane % 2 != 0 && form.shape.row(lane, r) % 2 != 0;
        EXPECT_EQ(result_of(wave, lane, r),
                  (odd ? -3.0F * static_cast<float>(form.shape.depth()) : 0) + form.addend);
      }
    }
  }
}

TEST(ScaledProducts, WhatIsNotUnderstoodIsRefused) {
  const std::vector<std::pair<std::vector<u32>, std::string>> forms{
      {{0xd3ac0000, 0x00026330, 0xd3ad0840, 0x02024110}, "scales of operands of eight bits"},
      {{0xd3ad0040, 0x82024110}, "operands of two widths"},
      {{0xd3ad0240, 0x42024110}, "the format cbsz:2 is not understood"},
      {{0xd3ad0040, 0x62024110}, "the format blgp:3 is not understood"}};
  for (const auto& [words, reason] : forms) {
    Machine machine(Target::gfx950, bytes_of(words));
    const auto fault = machine.run();
    ASSERT_TRUE(fault) << reason;
    EXPECT_EQ(fault->kind, Fault::Kind::unknown_instruction);
    EXPECT_NE(fault->text.find(reason), std::string::npos) << fault->text;
  }
}

}  // namespace
}  // namespace mlacheck::amd::test
