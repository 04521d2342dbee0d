// What the contents of merge_states must go on having.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "properties/merge_states/model.hpp"

namespace mlacheck::merge_states {
namespace {

// The LSEs of 100 rows of a part.
std::vector<double> lses(const char* lse, const char* empty, const char* convention) {
  Case c(model().schema());
  c.set("T", 25).set("H", 4).set("V", 1).set("seed", 3);
  c.set("lse", lse).set("empty", empty).set("lse_empty", convention);
  return model().materialise(c, "scalar").operand("prefix_lse").values();
}

bool is_plus(double value) { return std::isinf(value) && value > 0; }
bool is_minus(double value) { return std::isinf(value) && value < 0; }

TEST(MergeStatesDraws, LsesOfClassNanHoldSome) {
  const std::vector<double> values = lses("nan", "none", "minus_inf");
  const auto count =
      std::count_if(values.begin(), values.end(), [](double v) { return std::isnan(v); });
  EXPECT_GT(count, 0);
  EXPECT_LT(count, 50);
}

TEST(MergeStatesDraws, EmptySidesFollowTheirConvention) {
  const std::vector<double> plus = lses("near", "both", "plus_inf");
  const std::vector<double> minus = lses("near", "both", "minus_inf");
  const std::vector<double> either = lses("near", "both", "either");
  EXPECT_TRUE(std::all_of(plus.begin(), plus.end(), is_plus));
  EXPECT_TRUE(std::all_of(minus.begin(), minus.end(), is_minus));
  EXPECT_TRUE(std::any_of(either.begin(), either.end(), is_plus));
  EXPECT_TRUE(std::any_of(either.begin(), either.end(), is_minus));
}

}  // namespace
}  // namespace mlacheck::merge_states
