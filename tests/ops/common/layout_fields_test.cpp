#include "properties/common/layout_fields.hpp"

#include <gtest/gtest.h>

namespace mlacheck {
namespace {

using Numbers = std::vector<std::int64_t>;

TEST(LayoutFields, SayWhereEachAxisLies) {
  LayoutFields x;
  EXPECT_EQ(x.layout({2, 3, 4}).stride, (Numbers{12, 4, 1}));
  x.gap = 1;
  x.outer_gap = 10;
  EXPECT_EQ(x.layout({2, 3, 4}).stride, (Numbers{25, 5, 1}));
  x.order = {2, 0, 1};
  EXPECT_EQ(x.layout({2, 3, 4}).stride, (Numbers{4, 1, 18}));
  x = {};
  x.step = 2;
  x.offset = 7;
  EXPECT_EQ(x.layout({2, 3}).stride, (Numbers{6, 2}));
  EXPECT_EQ(x.layout({2, 3}).offset, 7);
  EXPECT_EQ(x.layout({2, 3}).storage, 7 + 11);
  x.pad = 2;
  EXPECT_EQ(x.layout({2, 3}).storage, 7 + 4 * 6) << "two rows follow";
}

TEST(LayoutFields, SpellTheStrideOfAnIdleAxisInEveryWay) {
  const auto strides = [](IdleStride idle_stride, const Numbers& shape) {
    LayoutFields x;
    x.idle_stride = idle_stride;
    return x.layout(shape).stride;
  };
  constexpr std::int64_t kHuge = std::int64_t{1} << 40;
  EXPECT_EQ(strides(IdleStride::product, {3, 1, 4}), (Numbers{4, 4, 1}));
  EXPECT_EQ(strides(IdleStride::zero, {3, 1, 4}), (Numbers{4, 0, 1}));
  EXPECT_EQ(strides(IdleStride::one, {3, 1, 4}), (Numbers{4, 1, 1}));
  EXPECT_EQ(strides(IdleStride::huge, {1, 1, 4}), (Numbers{kHuge, kHuge, 1}));
  EXPECT_EQ(strides(IdleStride::zero, {3, 0, 4}), (Numbers{0, 0, 0})) << "nothing is reached";
  LayoutFields x;
  x.idle_stride = IdleStride::huge;
  EXPECT_EQ(x.layout({1, 4}).storage, 4);
}

TEST(LayoutFields, OfEachKindHaveTheOrdersOfTheContract) {
  EXPECT_EQ(LayoutKind::fixed("TC").orders, (std::vector<std::string>{"TC"}));
  EXPECT_EQ(LayoutKind::rows("THV").orders, (std::vector<std::string>{"THV", "HTV"}));
  EXPECT_EQ(LayoutKind::any("THV").orders,
            (std::vector<std::string>{"THV", "HTV", "HVT", "TVH", "VHT", "VTH"}));
  EXPECT_EQ(layout_parts(LayoutKind::fixed("R")).size(), 3U) << "offset, pad and idle_stride";
  EXPECT_EQ(layout_parts(LayoutKind::any("THV")).size(), 7U);
}

}  // namespace
}  // namespace mlacheck
