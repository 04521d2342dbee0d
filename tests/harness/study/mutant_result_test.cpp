// When the result of a mutant is as it should be, and which mutants the battery is asked about.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "harness/study/mutant_run.hpp"
#include "harness/study/mutant_selection.hpp"

namespace mlacheck {
namespace {

MutantResult killed_on(const std::string& backend) {
  MutantResult result;
  result.mutant.backend = backend;
  result.mutant.checks = {"K1", "K3"};
  result.fired = {{"K1", "merge_states()"}};
  result.cases = 1;
  return result;
}

TEST(MutantResult, OneThatWasKilledByItsMainCheckIsAsExpected) {
  for (const char* backend : {"cpu.w32", "cuda"}) {
    MutantResult result = killed_on(backend);
    EXPECT_TRUE(result.as_expected());
    result.fired = {{"K3", "merge_states()"}};
    EXPECT_FALSE(result.as_expected()) << backend;
    result.fired.clear();
    EXPECT_FALSE(result.as_expected()) << backend;
  }
}

TEST(MutantResult, OnlyACpuMustFailAgain) {
  MutantResult result = killed_on("cpu.w32");
  result.not_minimal = "it passed in a fresh process";
  EXPECT_FALSE(result.as_expected());
  result.mutant.backend = "cuda";
  EXPECT_TRUE(result.as_expected());
}

TEST(MutantResult, AnErrorIsNeverAsExpected) {
  MutantResult result = killed_on("cuda");
  result.error = "no memory";
  EXPECT_FALSE(result.as_expected());
}

TEST(MutantResult, AControlMustRunOrSayWhyNot) {
  MutantResult control;
  control.mutant.is_control = true;
  EXPECT_FALSE(control.as_expected());  // nothing ran
  control.cases = 400;
  EXPECT_TRUE(control.as_expected());
  control.fired = {{"K1", "merge_states()"}};
  EXPECT_FALSE(control.as_expected());
  control.fired.clear();
  control.cases = 0;
  control.skipped = "libcublas cannot be opened";
  EXPECT_TRUE(control.as_expected());
}

TEST(MutantResult, AMutantThatDidNotRunIsNotAsExpected) {
  MutantResult result;
  result.mutant.checks = {"K1"};
  result.skipped = "libcublas cannot be opened";
  EXPECT_FALSE(result.as_expected());
}

TEST(MutantSelection, TheBatteryIsAskedNeitherForToolsNorForWhatIsLeftOut) {
  Mutant mutant;
  mutant.checks = {"K9"};
  EXPECT_TRUE(is_for_battery(mutant));
  mutant.tool = "racecheck";
  EXPECT_FALSE(is_for_battery(mutant));
  mutant.tool.clear();
  mutant.left_out = true;
  EXPECT_FALSE(is_for_battery(mutant));
}

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
