// K17: what of a configuration counts as reached, and what a sweep says when a part never was.
#include "harness/sweep/coverage.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mlacheck {
namespace {

const Schema& schema() {
  static const Schema kSchema{
      "toy",
      {Field::integer("n", 0, 64, 1), Field::integer("flag", 0, 1, 1),
       Field::choice("dtype", {"f32", "bf16"}), Field::list("lens", 1, 0, 9), Field::seed("seed")}};
  return kSchema;
}

using Names = std::vector<std::string>;

TEST(Coverage, ClassesAreChoicesBoundariesAndTiles) {
  const Coverage coverage(schema(), {{"n", 16}, {"elsewhere", 8}});
  EXPECT_EQ(coverage.classes(),
            (Names{"n=1", "n=0", "n set", "n: under one tile of 16", "n: whole tiles of 16",
                   "n: tiles and a tail of 16", "flag=1", "flag=0", "dtype=f32", "dtype=bf16",
                   "lens: none", "lens: one", "lens: several"}));
}

TEST(Coverage, ExtentsHaveAClassForEachPowerOfTwo) {
  Schema sized = schema();
  sized.fields[0].largest = {20};
  sized.fields[3].largest = {5, 0};
  Coverage coverage(sized, {});
  Case c(sized);
  for (std::int64_t n = 0; n < Coverage::kEnoughForExtents; ++n) {
    c.set("n", n % 21).set("dtype", n % 2 == 0 ? "f32" : "bf16").set("flag", n % 2);
    std::vector<std::int64_t> lens(static_cast<std::size_t>(n % 6), 3);
    if (n % 5 == 1 && !lens.empty()) lens[0] = 1;
    c.set("lens", lens);
    if (n % 21 >= 16 && n % 5 == 1) c.set("n", 3);
    coverage.note(c, false);
  }
  EXPECT_EQ(coverage.missing(), Names{"n from 16 to 20, ragged"});
}

TEST(Coverage, NothingIsReachedUntilACaseRan) {
  const Coverage coverage(schema(), {{"n", 16}});
  EXPECT_EQ(coverage.missing(), coverage.classes());
  EXPECT_EQ(coverage.pairs().met, 0);
  EXPECT_GT(coverage.pairs().all, 0);
}

TEST(Coverage, NotesWhatACaseIs) {
  Coverage coverage(schema(), {{"n", 16}});
  Case c(schema());
  coverage.note(c.set("n", 32).set("dtype", "bf16").set("seed", 7), false);
  EXPECT_EQ(coverage.cases(), 1);
  EXPECT_EQ(coverage.missing(),
            (Names{"n=1", "n=0", "n: under one tile of 16", "n: tiles and a tail of 16", "flag=0",
                   "dtype=f32", "lens: one", "lens: several"}));
  // n set, n: whole tiles, flag=1, dtype=bf16 and lens: none; the first two are of one field.
  EXPECT_EQ(coverage.pairs().met, 5 * 4 / 2 - 1);
  coverage.note(c.set("n", 33).set("lens", std::vector<std::int64_t>{0}), false);
  coverage.note(c.set("n", 0).set("lens", std::vector<std::int64_t>{1, 2}), false);
  coverage.note(c.set("n", 1).set("flag", 0).set("dtype", "f32"), false);
  EXPECT_EQ(coverage.missing(), Names{});
}

TEST(Coverage, WhatASubjectRefusesIsOutsideItsDomain) {
  Coverage coverage(schema(), {});
  Case c(schema());
  coverage.note(c.set("dtype", "bf16"), true);
  EXPECT_EQ(coverage.cases(), 0);
  const Names missing = coverage.missing();
  EXPECT_EQ(std::ranges::count(missing, "dtype=bf16"), 0);
  EXPECT_EQ(std::ranges::count(missing, "dtype=f32"), 1);
}

}  // namespace
}  // namespace mlacheck
