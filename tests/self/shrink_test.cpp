#include "harness/run/shrink.hpp"

#include <gtest/gtest.h>

#include "tests/self/toy_op.hpp"

namespace mlacheck {
namespace {

TEST(Shrink, FindsTheSmallestCaseThatStillFails) {
  const toy::Model model;
  Case failing(model.schema());
  failing.set("n", 913).set("step", 7).set("seed", 424242);
  const Shrunk shrunk = shrink(
      model, failing, [](const Case& c) { return c.integer("n") >= 65 && c.integer("step") >= 2; });
  EXPECT_EQ(shrunk.smallest.line(), "toy(n=65,step=2)");
  EXPECT_LT(shrunk.tried, 200);
}

TEST(Shrink, StopsAtItsLimit) {
  const toy::Model model;
  Case failing(model.schema());
  failing.set("n", 1000).set("seed", 1000000);
  int runs = 0;
  const Shrunk shrunk = shrink(model, failing, [&](const Case&) { return ++runs < 0; }, 3);
  EXPECT_EQ(runs, 3);
  EXPECT_EQ(shrunk.tried, 3);
}

TEST(Shrink, KeepsToTheSameKindOfFailure) {
  Evidence original;
  original.findings.push_back({Check::layout, "twin"});
  Evidence other;
  other.findings.push_back({Check::canary, "gap"});
  EXPECT_FALSE(same_failure(original, other));
  other.findings.push_back({Check::layout, "twin again"});
  EXPECT_TRUE(same_failure(original, other));
  EXPECT_FALSE(same_failure(Evidence{}, other));
  Evidence special;
  special.findings.push_back({Check::edge, "infinity"});
  Evidence ordinary;
  ordinary.findings.push_back({Check::shapes, "number"});
  EXPECT_TRUE(same_failure(special, ordinary)) << "both are values against the oracle";
}

TEST(Shrink, GeneratorDrawsWhatTheModelDraws) {
  const toy::Model model;
  const rc::Gen<Case> cases = case_generator(model, {{"n", 17}});
  bool boundary = false;
  for (std::uint64_t seed = 1; seed < 200; ++seed) {
    const Case c = cases(rc::Random(seed), rc::kNominalSize).value();
    boundary = boundary || c.integer("n") == 18;
  }
  EXPECT_TRUE(boundary) << "the classes next to the kernels' own tiles must be drawn";
}

}  // namespace
}  // namespace mlacheck
