// What the models must keep on drawing: without it the checks would have nothing to find.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "harness/op/model.hpp"
#include "harness/subjects/ops.hpp"
#include "properties/chunked_context/model.hpp"
#include "properties/decode_expansion/model.hpp"
#include "properties/merge_states/model.hpp"
#include "properties/mla_decode/model.hpp"
#include "properties/strided_bmm/model.hpp"

namespace mlacheck {
namespace {

constexpr int kDraws = 200;

Case drawn(const OpModel& model, int number) {
  Random random(23, static_cast<std::uint64_t>(number));
  return model.generate(random, {});
}

TEST(Draws, SeedsDiffer) {
  for (const OpEntry& op : ops()) {
    std::set<std::int64_t> seeds;
    for (int i = 0; i < kDraws; ++i) seeds.insert(drawn(*op.model, i).integer("seed"));
    // decode_expansion leaves two in five at 0, whose page ids name their place.
    EXPECT_GT(seeds.size(), kDraws / 2U) << op.model->schema().op;
  }
}

TEST(Draws, PagesOfOneTokenAndOfMany) {
  std::set<std::int64_t> decode;
  std::set<std::string> expansion;
  for (int i = 0; i < kDraws; ++i) {
    decode.insert(drawn(mla_decode::model(), i).integer("page"));
    expansion.insert(drawn(decode_expansion::model(), i).choice("page"));
  }
  for (const std::int64_t page : {1, 16, 64}) {
    EXPECT_TRUE(decode.contains(page)) << page;
    EXPECT_TRUE(expansion.contains(std::to_string(page))) << page;
  }
}

TEST(Draws, SlotsPastALengthAreDead) {
  Case c(mla_decode::model().schema());
  c.set("requests", {1, 5, 1, 0}).set("page", 4).set("latent", 2).set("rope", 1);
  c.set("spare_pages", 1);
  const Problem problem = mla_decode::model().materialise(c, "empty");
  const Operand& kv = problem.operand("kv");
  ASSERT_EQ(kv.layout.shape, (std::vector<std::int64_t>{3, 4, 3}));
  const auto live = std::count(kv.cells.begin(), kv.cells.end(), Cell::live);
  EXPECT_EQ(live, 5 * 3);
  EXPECT_EQ(kv.cells.size(), 36U);
}

// The LSEs of 100 rows of a part.
std::vector<double> lses(const char* lse, const char* empty, const char* convention) {
  Case c(merge_states::model().schema());
  c.set("T", 25).set("H", 4).set("V", 1).set("seed", 3);
  c.set("lse", lse).set("empty", empty).set("lse_empty", convention);
  return merge_states::model().materialise(c, "scalar").operand("prefix_lse").values();
}

bool is_plus(double value) { return std::isinf(value) && value > 0; }
bool is_minus(double value) { return std::isinf(value) && value < 0; }

TEST(Draws, LsesOfClassNanHoldSome) {
  const std::vector<double> values = lses("nan", "none", "minus_inf");
  const auto count =
      std::count_if(values.begin(), values.end(), [](double v) { return std::isnan(v); });
  EXPECT_GT(count, 0);
  EXPECT_LT(count, 50);
}

TEST(Draws, EmptySidesFollowTheirConvention) {
  const std::vector<double> plus = lses("near", "both", "plus_inf");
  const std::vector<double> minus = lses("near", "both", "minus_inf");
  const std::vector<double> either = lses("near", "both", "either");
  EXPECT_TRUE(std::all_of(plus.begin(), plus.end(), is_plus));
  EXPECT_TRUE(std::all_of(minus.begin(), minus.end(), is_minus));
  EXPECT_TRUE(std::any_of(either.begin(), either.end(), is_plus));
  EXPECT_TRUE(std::any_of(either.begin(), either.end(), is_minus));
}

}  // namespace
}  // namespace mlacheck
