// Vector instructions that gfx950 adds to gfx942, by their words; values by hand.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "tests/harness/amd/support/machine.hpp"

namespace mlacheck::amd::test {
namespace {

struct Row {
  std::vector<u32> words;
  u32 a;  ///< v16
  u32 b;  ///< v32
  u32 result;
};

// v64 holds 0x12345678 before.
void expect(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    Machine machine(Target::gfx950, bytes_of(row.words));
    Wave& wave = machine.wave();
    wave.vector[16].fill(row.a);
    wave.vector[32].fill(row.b);
    wave.vector[64].fill(0x1234'5678);
    wave.set_mask(ScalarRegister::kExec, 0xf0);
    const auto fault = machine.run();
    ASSERT_FALSE(fault) << fault->text;
    EXPECT_EQ(hexadecimal(wave.vector[64][4]), hexadecimal(row.result))
        << hexadecimal(row.a) << " " << hexadecimal(row.b);
    EXPECT_EQ(wave.vector[64][3], 0x1234'5678U);  // disabled
  }
}

// Low half: of v16, high half: of v32. Ties go to the even one; a NaN becomes quiet and keeps its payload.
TEST(Gfx950Vector, RoundsToBfloat16) {
  const std::vector<u32> words{0xd2680040, 0x00024110};
  expect({{words, 0x3f80'8000, 0x3f81'8000, 0x3f82'3f80},
          {words, 0x3f80'8001, 0x3f80'7fff, 0x3f80'3f81},
          {words, 0x7f80'0001, 0xffc1'2345, 0xffc1'7fc0},
          {words, 0x7f7f'ffff, 0xff80'0000, 0xff80'7f80},
          {words, 0x0000'8000, 0x8001'8000, 0x8002'0000}});
  // v_cvt_pk_bf16_f32 v64, -v16, |v32|
  expect({{{0xd2680240, 0x20024110}, 0x3f80'0000, 0xbf80'0000, 0x3f80'bf80}});
}

TEST(Gfx950Vector, RoundsToHalf) {
  const std::vector<u32> words{0xd2670040, 0x00024110};
  expect({{words, 0x3f80'1000, 0x3f80'3000, 0x3c02'3c00},    // ties
          {words, 0x477f'f000, 0x3300'0000, 0x0000'7c00},    // 65520, 2^-25
          {words, 0x3300'0001, 0xc000'0000, 0xc000'0001}});  // above 2^-25, -2
}

// A byte has two codes of fp4; the exponent field of v32 is their scale.
TEST(Gfx950Vector, ScalesPairsOfFourBits) {
  const std::vector<u32> first{0xd2510040, 0x00024110};
  expect({{first, 0xffff'ff72, 0x3f80'0000, 0x40c0'3f80},    // 1 and 6
          {first, 0xffff'ff72, 0x407f'1234, 0x4140'4000},    // times 2; the fraction plays no part
          {first, 0xffff'ffa1, 0xbf80'0000, 0xbf80'3f00},    // 0.5 and -1; nor does the sign
          {first, 0xffff'ff35, 0x3f80'0000, 0x3fc0'4040},    // 3 and 1.5
          {first, 0xffff'ff82, 0x0000'0000, 0x8000'0040},    // 2^-127 and -0
          {first, 0xffff'ff22, 0x7f80'0000, 0x7fc0'7fc0}});  // no number
  expect({{{0xd2510840, 0x00024110}, 0x0000'4200, 0x3f80'0000, 0x4000'3f80},    // second byte
          {{0xd2511040, 0x00024110}, 0x0042'0000, 0x3f80'0000, 0x4000'3f80},    // third
          {{0xd2511840, 0x00024110}, 0x4200'0000, 0x3f80'0000, 0x4000'3f80}});  // fourth
}

// Three operands whose bytes are the columns of a truth table give the table itself.
TEST(Gfx950Vector, BitwiseFunctions) {
  for (const u32 table : {0xe4U, 0x1bU, 0x80U, 0x01U, 0x36U, 0xffU, 0x00U}) {
    const u32 word = 0xd2340040 | (table >> 3 & 7U) << 8;
    const u32 second = 0x04c2'4110 | (table & 7U) << 29 | (table >> 6 & 3U) << 27;
    Machine machine(Target::gfx950, bytes_of({word, second}));
    Wave& wave = machine.wave();
    wave.vector[16].fill(0xf0f0'f0f0);
    wave.vector[32].fill(0xcccc'cccc);
    wave.vector[48].fill(0xaaaa'aaaa);
    ASSERT_FALSE(machine.run());
    EXPECT_EQ(wave.vector[64][9], table * 0x0101'0101U);
  }
}

TEST(Gfx950Vector, BitwiseFunctionsOfHalves) {
  const auto found = [](const std::vector<u32>& words) {
    Machine machine(Target::gfx950, bytes_of(words));
    Wave& wave = machine.wave();
    wave.vector[16].fill(0x00f0'1111);
    wave.vector[32].fill(0x2222'00cc);
    wave.vector[48].fill(0x00aa'4444);
    wave.vector[64].fill(0x1234'5678);
    EXPECT_FALSE(machine.run());
    return wave.vector[64][9];
  };
  // High halves of a and c, the low one of b, to the high half: 0x36. The low half is kept.
  EXPECT_EQ(found({0xd2336e40, 0xc4c24110}), 0x0036'5678U);
  // 0xec, b | (a & c), of the low halves.
  EXPECT_EQ(found({0xd2330540, 0x9cc24110}), 0x1234'00ccU);
}

TEST(Gfx950Vector, ExchangesRows) {
  for (const auto& [word, row] : {std::pair{0x7e80b341U, 16U}, {0x7e80b541U, 32U}}) {
    Machine machine(Target::gfx950, bytes_of({word}));
    Wave& wave = machine.wave();
    for (u32 lane = 0; lane < 64; ++lane) {
      wave.vector[64][lane] = lane;
      wave.vector[65][lane] = 100 + lane;
    }
    ASSERT_FALSE(machine.run());
    for (u32 lane = 0; lane < 64; ++lane) {
      const bool odd = lane / row % 2 == 1;
      EXPECT_EQ(wave.vector[64][lane], odd ? 100 + lane - row : lane);
      EXPECT_EQ(wave.vector[65][lane], odd ? 100 + lane : lane + row);
    }
  }
}

TEST(Gfx950Vector, ExchangeWithADisabledLaneIsRefused) {
  const auto run = [](u64 exec) {
    Machine machine(Target::gfx950, bytes_of({0x7e80b341}));
    machine.wave().set_mask(ScalarRegister::kExec, exec);
    machine.wave().vector[64].fill(1);
    machine.wave().vector[65].fill(2);
    const auto fault = machine.run();
    if (fault) return fault->text;
    return std::to_string(machine.wave().vector[64][16]);
  };
  EXPECT_NE(run(0xffff).find("exchanges with a lane that EXEC, 0xffff, disables"),
            std::string::npos);
  EXPECT_EQ(run(0xffff'ffff), "2");
  EXPECT_EQ(run(0), "1");  // both of each pair
}

TEST(Gfx950Vector, EightBitsAreThoseOfOcp) {
  const auto code =
      encoded(Target::gfx942, {"v_cvt_f32_fp8_e32 v64, v16", "v_cvt_f32_bf8_e32 v64, v16",
                               "v_cvt_pk_fp8_f32 v64, v16, v32", "v_cvt_pk_bf8_f32 v64, v16, v32"});
  const auto run = [&](std::size_t form, u32 a, u32 b = 0) {
    Machine machine(Target::gfx950, code.at(form));
    machine.wave().vector[16].fill(a);
    machine.wave().vector[32].fill(b);
    EXPECT_FALSE(machine.run());
    return machine.wave().vector[64][7];
  };
  const auto number = [](u32 bits) { return std::bit_cast<float>(bits); };
  EXPECT_EQ(number(run(0, 0x38)), 1);
  EXPECT_EQ(number(run(0, 0x7e)), 448);
  EXPECT_EQ(number(run(0, 0x81)), -0x1p-9F);
  EXPECT_EQ(run(0, 0x80), 0x8000'0000U);
  EXPECT_TRUE(std::isnan(number(run(0, 0x7f))));
  EXPECT_EQ(number(run(1, 0x3c)), 1);
  EXPECT_EQ(number(run(1, 0x7b)), 57344);
  EXPECT_EQ(number(run(1, 0xfc)), -INFINITY);
  EXPECT_TRUE(std::isnan(number(run(1, 0x7d))));
  const auto bits = [](float value) { return std::bit_cast<u32>(value); };
  EXPECT_EQ(run(2, bits(464), bits(465)) & 0xffffU, 0x7f7eU);  // a tie; what is too large
  EXPECT_EQ(run(2, bits(-0.0F), bits(0x1p-10F)) & 0xffffU, 0x0080U);
  EXPECT_EQ(run(2, bits(1.0625F), bits(1.1875F)) & 0xffffU, 0x3a38U);  // ties
  EXPECT_EQ(run(3, bits(61440), bits(61439)) & 0xffffU, 0x7b7cU);
}

}  // namespace
}  // namespace mlacheck::amd::test
