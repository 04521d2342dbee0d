#include "harness/op/random.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "properties/common/values.hpp"

namespace mlacheck {
namespace {

TEST(Random, IsAFunctionOfSeedStreamAndIndex) {
  EXPECT_EQ(random_bits(1, 2, 3), random_bits(1, 2, 3));
  std::set<std::uint64_t> seen;
  for (std::uint64_t i = 0; i < 8; ++i) {
    seen.insert({random_bits(i, 0, 0), random_bits(0, i + 1, 0), random_bits(0, 0, i + 9)});
    seen.insert(
        {random_bits(i << 40, 7, 7), random_bits(7, i << 40, 8), random_bits(8, 7, i << 40)});
  }
  EXPECT_EQ(seen.size(), 48U);
}

TEST(Random, BetweenCoversItsRangeAndNothingElse) {
  Random random(7, 7);
  std::map<std::int64_t, int> counts;
  for (int i = 0; i < 6000; ++i) ++counts[random.between(-2, 3)];
  ASSERT_EQ(counts.size(), 6U);
  EXPECT_EQ(counts.begin()->first, -2);
  for (const auto& [value, count] : counts) EXPECT_NEAR(count, 1000, 200) << value;
}

TEST(Random, ExtentsReachEveryClassNextToATile) {
  const std::vector<Tile> tiles{{"L", 48}, {"B", 16}};
  Random random(1, 1);
  std::map<std::int64_t, int> counts;
  for (int i = 0; i < 4000; ++i) ++counts[draw_extent(random, tiles, "L", 200, true)];
  for (const std::int64_t wanted : {0, 1, 2, 3, 31, 32, 33, 47, 48, 49, 95, 97}) {
    EXPECT_GT(counts[wanted], 10) << wanted;
  }
  EXPECT_GE(counts.begin()->first, 0);
  EXPECT_LE(counts.rbegin()->first, 200);
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t extent = draw_extent(random, tiles, "B", 5, false);
    EXPECT_GE(extent, 1);
    EXPECT_LE(extent, 5);
  }
}

TEST(Values, DoNotDependOnTheNumberOfElements) {
  const auto few = fill(DType::bf16, ValueClass::normal, 9, "x", 10);
  const auto many = fill(DType::bf16, ValueClass::normal, 9, "x", 1000);
  EXPECT_TRUE(std::equal(few.begin(), few.end(), many.begin()));
  EXPECT_NE(few, fill(DType::bf16, ValueClass::normal, 9, "w", 10));
  EXPECT_NE(few, fill(DType::bf16, ValueClass::normal, 10, "x", 10));
}

// Counts elements of a class that satisfy a predicate.
template <class Predicate>
int count(ValueClass values, DType dtype, Predicate&& predicate) {
  int matches = 0;
  for (const std::uint32_t bits : fill(dtype, values, 3, "x", 4000)) {
    if (predicate(decode(dtype, bits))) ++matches;
  }
  return matches;
}

TEST(Values, EachClassIsWhatItsNameSays) {
  EXPECT_EQ(count(ValueClass::integers, DType::f16,
                  [](double v) { return v == std::floor(v) && std::fabs(v) <= 4; }),
            4000);
  EXPECT_EQ(count(ValueClass::one_signed, DType::f32, [](double v) { return v >= 0; }), 4000);
  EXPECT_NEAR(count(ValueClass::normal, DType::f32, [](double v) { return std::fabs(v) < 1; }),
              2731, 150);
  EXPECT_GT(count(ValueClass::tiny, DType::f16,
                  [](double v) { return v != 0 && std::fabs(v) < 0x1.0p-14; }),
            500);
  EXPECT_GT(count(ValueClass::tiny, DType::bf16,
                  [](double v) { return v != 0 && std::fabs(v) < 0x1.0p-126; }),
            500);
  EXPECT_EQ(count(ValueClass::zeros, DType::f32, [](double v) { return v == 0; }), 4000);
  EXPECT_GT(count(ValueClass::zeros, DType::f32, [](double v) { return std::signbit(v); }), 1500);
  EXPECT_GT(count(ValueClass::special, DType::f32, [](double v) { return std::isnan(v); }), 10);
  EXPECT_GT(count(ValueClass::special, DType::f32, [](double v) { return std::isinf(v); }), 30);
  EXPECT_GT(count(ValueClass::wide, DType::f32, [](double v) { return std::fabs(v) > 1000; }), 300);
  EXPECT_GT(count(ValueClass::wide, DType::f32, [](double v) { return std::fabs(v) < 1e-3; }), 300);
}

TEST(Values, CancellingPairsNearlyCancel) {
  const auto bits = fill(DType::f32, ValueClass::cancelling, 3, "x", 1000);
  for (std::size_t i = 0; i + 1 < bits.size(); i += 2) {
    const double a = decode(DType::f32, bits[i]);
    const double b = decode(DType::f32, bits[i + 1]);
    EXPECT_LE(std::fabs(a + b), 0x1.0p-8 * std::fabs(a));
  }
}

TEST(Values, PositionsNameTheirIndex) {
  EXPECT_EQ(raw_value(ValueClass::positions, DType::f32, 1, 1, 0), -125);
  EXPECT_EQ(raw_value(ValueClass::positions, DType::f32, 2, 9, 250), 125);
  EXPECT_EQ(raw_value(ValueClass::positions, DType::f32, 3, 4, 251), -125);
}

}  // namespace
}  // namespace mlacheck
