// Float instructions against exact arithmetic in 128 bits, rounded once by the host: a million operands
// each, bit patterns of every kind. And LLVM's division, built of the interpreter's steps.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

#include "tests/harness/amd/support/machine.hpp"

namespace mlacheck::amd::test {
namespace {

__extension__ using Exact = __float128;

constexpr unsigned kOperands = 1'000'000;

// A third random bits, a third near powers of two and denormals, a third of ordinary size.
u32 operand(std::mt19937_64& random) {
  const u64 bits = random();
  const u32 word = low_word(bits);
  switch (bits >> 62) {
    case 0:
      return word;
    case 1:
      return (word & 0x8000'0007U) | (word & 0x7f80'0000U);
    case 2:
      return (word & 0x807f'ffffU) | (110U + (word >> 23) % 34U) << 23;
    default:
      return word & 0x807f'ffffU;
  }
}

bool same(u32 found, float expected) {
  const float value = std::bit_cast<float>(found);
  return expected != expected ? value != value : found == std::bit_cast<u32>(expected);
}

// Which lane's result is wrong in any of the runs; each run fills v1 to v3 and reads v0.
void compare(Target target, const std::string& code,
             const std::function<float(float, float, float)>& expected) {
  Machine machine(target, encoded(target, {code})[0]);
  std::mt19937_64 random(20261129);
  for (unsigned done = 0; done < kOperands; done += machine.lanes()) {
    machine.reset();
    Wave& wave = machine.wave();
    for (unsigned lane = 0; lane < machine.lanes(); ++lane) {
      for (unsigned r = 1; r <= 3; ++r) wave.vector[r][lane] = operand(random);
    }
    const auto in = wave.vector;
    ASSERT_FALSE(machine.run());
    for (unsigned lane = 0; lane < machine.lanes(); ++lane) {
      const auto value = [&](unsigned r) { return std::bit_cast<float>(in[r][lane]); };
      const float want = expected(value(1), value(2), value(3));
      ASSERT_TRUE(same(wave.vector[0][lane], want))
          << code << ": " << hexadecimal(in[1][lane]) << " " << hexadecimal(in[2][lane]) << " "
          << hexadecimal(in[3][lane]) << ": got " << hexadecimal(wave.vector[0][lane])
          << ", expected " << hexadecimal(std::bit_cast<u32>(want));
    }
  }
}

class Ieee : public testing::TestWithParam<Target> {};

TEST_P(Ieee, Add) {
  compare(GetParam(), "v_add_f32 v0, v1, v2",
          [](float a, float b, float) { return static_cast<float>(Exact{a} + b); });
}
TEST_P(Ieee, Multiply) {
  compare(GetParam(), "v_mul_f32 v0, v1, v2",
          [](float a, float b, float) { return static_cast<float>(Exact{a} * b); });
}
// The product is exact; where the sum is not, 113 bits leave no tie to be rounded twice but by chance of
// 2^-89.
TEST_P(Ieee, FusedMultiplyAdd) {
  compare(GetParam(), "v_fma_f32 v0, v1, v2, v3",
          [](float a, float b, float c) { return static_cast<float>(Exact{a} * b + c); });
}
TEST_P(Ieee, Reciprocal) {
  compare(GetParam(), "v_rcp_f32 v0, v1",
          [](float a, float, float) { return static_cast<float>(Exact{1} / a); });
}
TEST_P(Ieee, ToDoubleAndBack) {
  compare(GetParam(), "v_cvt_f64_f32 v[4:5], v1; v_cvt_f32_f64 v0, v[4:5]",
          [](float a, float, float) { return a; });
}
TEST_P(Ieee, FromUnsigned) {
  compare(GetParam(), "v_cvt_f32_u32 v0, v1", [](float a, float, float) {
    return static_cast<float>(static_cast<double>(std::bit_cast<u32>(a)));
  });
}
TEST_P(Ieee, ToHalfAndBack) {
  compare(GetParam(), "v_cvt_f16_f32 v4, v1; v_cvt_f32_f16 v0, v4", [](float a, float, float) {
    if (a != a || std::isinf(a)) return a;
    // Halves are spaced by 2^(e - 10), e at least -14; from 65520 on they are infinite.
    if (std::fabs(a) >= 65520.0F) return std::copysign(std::numeric_limits<float>::infinity(), a);
    const int exponent = std::max(a == 0 ? -14 : std::ilogb(a), -14);
    const double unit = std::ldexp(1.0, exponent - 10);
    return std::copysign(static_cast<float>(std::nearbyint(static_cast<double>(a) / unit) * unit),
                         a);
  });
}
// The sequence of LLVM's AMDGPU backend for a / b in IEEE mode.
TEST_P(Ieee, Division) {
  const std::string vcc = GetParam() == Target::gfx1030 ? "vcc_lo" : "vcc";
  const std::string spare = GetParam() == Target::gfx1030 ? "s4" : "s[4:5]";
  const std::string code =
      "v_div_scale_f32 v4, " + spare + ", v2, v2, v1; v_rcp_f32 v5, v4; " +
      "v_fma_f32 v6, -v4, v5, 1.0; v_fmac_f32 v5, v6, v5; v_div_scale_f32 v6, " + vcc +
      ", v1, v2, v1; v_mul_f32 v7, v6, v5; v_fma_f32 v8, -v4, v7, v6; " +
      "v_fmac_f32 v7, v8, v5; v_fma_f32 v4, -v4, v7, v6; v_div_fmas_f32 v4, v4, v5, v7; " +
      "v_div_fixup_f32 v0, v4, v2, v1";
  compare(GetParam(), code,
          [](float a, float b, float) { return static_cast<float>(Exact{a} / b); });
}

INSTANTIATE_TEST_SUITE_P(Targets, Ieee, testing::Values(Target::gfx90a, Target::gfx1030),
                         [](const auto& parameter) {
                           return std::string(name_of(parameter.param));
                         });

}  // namespace
}  // namespace mlacheck::amd::test
