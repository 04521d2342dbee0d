// When a mutant has fared as its recipe says.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "harness/study/mutant_run.hpp"

namespace mlacheck {
namespace {

MutantResult result_of(std::vector<std::string> expected, const std::vector<std::string>& fired) {
  MutantResult result;
  result.mutant.checks = std::move(expected);
  for (const std::string& check : fired) result.fired.emplace(check, "op()");
  return result;
}

TEST(MutantResult, TheMainCheckHasToFire) {
  EXPECT_TRUE(result_of({"K1", "K7"}, {"K1"}).as_expected());
  EXPECT_FALSE(result_of({"K1", "K7"}, {"K7"}).as_expected());
  EXPECT_FALSE(result_of({"K1"}, {}).as_expected());
}

TEST(MutantResult, AnyCheckWillDoWhereTheRecipeSaysSo) {
  EXPECT_TRUE(result_of({"any"}, {"K5"}).as_expected());
  EXPECT_TRUE(result_of({"any"}, {"crash"}).main_fired());
  EXPECT_FALSE(result_of({"any"}, {}).as_expected());
  EXPECT_FALSE(result_of({"K1"}, {"K1"}).any_check_will_do());
}

}  // namespace
}  // namespace mlacheck
