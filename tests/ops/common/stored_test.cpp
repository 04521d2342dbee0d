// What a step may have stored, by all numbers that it may have computed.
#include "reference/common/stored.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "harness/op/random.hpp"
#include "reference/common/bounds.hpp"

namespace mlacheck::reference {
namespace {

TEST(StoredWithin, IsKnownAwayFromTheMiddle) {
  const auto [value, bound] = stored_within(DType::bf16, 1 + 0x1p-9, 0x1p-20);
  EXPECT_EQ(value, 1);
  EXPECT_EQ(bound, 0);
}

TEST(StoredWithin, IsEitherOfTwoNearTheMiddle) {
  for (const double off : {-0x1p-21, 0.0, 0x1p-21}) {
    const auto [value, bound] = stored_within(DType::bf16, 1 + 0x1p-8 + off, 0x1p-20);
    EXPECT_EQ(value, 1 + 0x1p-8);
    EXPECT_EQ(bound, 0x1p-8);
  }
}

// The middle itself goes to the even one.
TEST(StoredWithin, NoErrorLeavesTheTie) {
  const auto [value, bound] = stored_within(DType::f16, 1 + 3 * 0x1p-11, 0);
  EXPECT_EQ(value, 1 + 0x1p-9);
  EXPECT_EQ(bound, 0);
}

TEST(StoredWithin, AZeroOfOpenSignIsNotKnown) {
  const auto [value, bound] = stored_within(DType::f16, 0, 0x1p-40);
  EXPECT_EQ(value, 0);
  EXPECT_EQ(bound, kOpenSign);
  EXPECT_EQ(stored_within(DType::f16, 0x1p-30, 0x1p-40).bound, 0);
}

TEST(StoredWithin, LeavesFloatsAndOverflowsAsTheyAre) {
  EXPECT_EQ(stored_within(DType::f32, 1.1, 1e-3).value, 1.1);
  EXPECT_EQ(stored_within(DType::f32, 1.1, 1e-3).bound,
            with_output_rounding(DType::f32, 1.1, 1e-3));
  EXPECT_EQ(stored_within(DType::f16, 65519, 2).value, 65519);
  EXPECT_EQ(stored_within(DType::f16, 65519, 2).bound, with_output_rounding(DType::f16, 65519, 2));
}

// No narrower, and no wider, than what numbers of the interval are stored as.
TEST(StoredWithin, CoversWhatIsStoredAndNoMore) {
  Random random(1, 5);
  int open = 0;
  for (int i = 0; i < 4000; ++i) {
    const DType dtype = i % 2 == 0 ? DType::f16 : DType::bf16;
    const double value = static_cast<double>(random.between(-1'000'000, 1'000'000)) / 65536;
    const double inner =
        std::fabs(value) * std::ldexp(1.0, static_cast<int>(random.between(-30, -5)));
    const auto [middle, bound] = stored_within(dtype, value, inner);
    double widest = 0;
    for (int step = -8; step <= 8; ++step) {
      const double stored = decode(dtype, encode(dtype, value + inner * step / 8));
      ASSERT_LE(std::fabs(stored - middle), bound) << value << " within " << inner;
      widest = std::max(widest, std::fabs(stored - middle));
    }
    ASSERT_EQ(widest, bound);
    open += bound > 0 ? 1 : 0;
  }
  EXPECT_GT(open, 400);
  EXPECT_LT(open, 3600);
}

}  // namespace
}  // namespace mlacheck::reference
