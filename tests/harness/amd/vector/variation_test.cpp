// Results that hardware may give in place of the nearest number.
#include "harness/amd/vector/variation.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <string>

#include "tests/harness/amd/support/machine.hpp"

namespace mlacheck::amd::test {
namespace {

class Variation : public testing::Test {
 protected:
  ~Variation() override { set_variation(std::nullopt); }

  // The instruction's results for 64 operands.
  static std::vector<float> results(const std::string& name, std::optional<u64> seed) {
    set_variation(seed);
    Machine machine(Target::gfx90a, encoded(Target::gfx90a, {name + " v1, v0"})[0]);
    for (u32 lane = 0; lane < 64; ++lane) machine.wave().vector[0][lane] = operand(lane);
    EXPECT_FALSE(machine.run());
    std::vector<float> values;
    for (u32 lane = 0; lane < 64; ++lane) {
      values.push_back(std::bit_cast<float>(machine.wave().vector[1][lane]));
    }
    return values;
  }
  static u32 operand(u32 lane) {
    return std::bit_cast<u32>(0.3F + 0.37F * static_cast<float>(lane));
  }
};

TEST_F(Variation, GivesANeighbourOfTheExactValue) {
  struct Function {
    std::string name;
    double (*exact)(double);
  };
  const std::vector<Function> functions{
      {"v_rcp_f32", [](double x) { return 1 / x; }},
      {"v_rsq_f32", [](double x) { return 1 / std::sqrt(x); }},
      {"v_sqrt_f32", [](double x) { return std::sqrt(x); }},
      {"v_exp_f32", [](double x) { return std::exp2(x); }},
      {"v_log_f32", [](double x) { return std::log2(x); }},
  };
  for (const Function& function : functions) {
    const std::vector<float> nearest = results(function.name, std::nullopt);
    const std::vector<float> other = results(function.name, 7);
    unsigned changed = 0;
    for (u32 lane = 0; lane < 64; ++lane) {
      const double exact = function.exact(static_cast<double>(std::bit_cast<float>(operand(lane))));
      const float up = std::nextafter(other[lane], INFINITY);
      const float down = std::nextafter(other[lane], -INFINITY);
      EXPECT_LT(down, exact) << function.name << " " << lane;
      EXPECT_GT(up, exact) << function.name << " " << lane;
      changed += other[lane] != nearest[lane] ? 1 : 0;
    }
    EXPECT_GT(changed, 16U) << function.name;
    EXPECT_LT(changed, 48U) << function.name;
    EXPECT_EQ(results(function.name, 7), other) << function.name;
    EXPECT_NE(results(function.name, 8), other) << function.name;
  }
}

TEST_F(Variation, ExactAndSpecialValuesStay) {
  set_variation(3);
  for (u32 seed = 0; seed < 32; ++seed) {
    set_variation(seed);
    EXPECT_EQ(varied(0.5, Approximated::reciprocal, std::bit_cast<u32>(2.0F)), 0.5F);
    EXPECT_EQ(varied(INFINITY, Approximated::reciprocal, 0), INFINITY);
    EXPECT_TRUE(std::isnan(varied(NAN, Approximated::logarithm, 0)));
    EXPECT_EQ(varied(0x1.8p-149, Approximated::power, 5), 0x1p-148F);
    EXPECT_EQ(varied_half(0.25, Approximated::root, 0x2c00).bits, 0x3400);
    const Half third = varied_half(1.0 / 3, Approximated::reciprocal, 0x4200);
    EXPECT_TRUE(third.bits == 0x3555 || third.bits == 0x3556) << third.bits;
    const double seventh = varied_double(1.0 / 7, Approximated::reciprocal, 7);
    EXPECT_NEAR(seventh, 1.0 / 7, 0x1p-23 / 7);
    EXPECT_NE(seventh, 1.0 / 7);
  }
}

}  // namespace
}  // namespace mlacheck::amd::test
