// What the cases of mla_decode must go on having.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

#include "properties/mla_decode/model.hpp"
#include "tests/support/drawn_cases.hpp"

namespace mlacheck::mla_decode {
namespace {

TEST(MlaDecodeDraws, PagesOfOneTokenAndOfMany) {
  std::set<std::int64_t> pages;
  for (const Case& c : testing_support::drawn_cases(model(), 200)) pages.insert(c.integer("page"));
  for (const std::int64_t page : {1, 16, 64}) EXPECT_TRUE(pages.contains(page)) << page;
}

TEST(MlaDecodeDraws, SlotsPastALengthAreDead) {
  Case c(model().schema());
  c.set("requests", {1, 5, 1, 0}).set("page", 4).set("latent", 2).set("rope", 1);
  c.set("spare_pages", 1);
  const Problem problem = model().materialise(c, "empty");
  const Operand& kv = problem.operand("kv");
  ASSERT_EQ(kv.layout.shape, (std::vector<std::int64_t>{3, 4, 3}));
  const auto live = std::count(kv.cells.begin(), kv.cells.end(), Cell::live);
  EXPECT_EQ(live, 5 * 3);
  EXPECT_EQ(kv.cells.size(), 36U);
}

}  // namespace
}  // namespace mlacheck::mla_decode
