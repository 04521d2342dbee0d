#include "harness/sweep/shrink.hpp"

#include <gtest/gtest.h>

#include <set>

#include "harness/sweep/failing.hpp"
#include "tests/support/case_generator.hpp"
#include "tests/support/toy_op.hpp"

namespace mlacheck {
namespace {

// A list, and a number that may stand for its entries.
class ListModel final : public OpModel {
 public:
  const Schema& schema() const override {
    static const Schema kSchema{
        "listed",
        {Field::list("requests", 2, 0, 100), Field::integer("padding", 0, 200, 0),
         Field::integer("a", 0, 100, 0), Field::integer("b", 0, 100, 0)}};
    return kSchema;
  }
  Case generate(Random&, const std::vector<Tile>&) const override { return Case(schema()); }
  std::string inadmissible(const Case&) const override { return {}; }
  Problem materialise(const Case&, std::string_view) const override { return {}; }
  Case layout_twin(const Case& c) const override { return c; }
  bool has_edge_values(const Case&) const override { return false; }
};

TEST(Shrink, FindsTheSmallestCaseThatStillFails) {
  const toy::Model model;
  Case failing(model.schema());
  failing.set("n", 913).set("step", 7).set("seed", 424242);
  const Shrunk shrunk = shrink(
      model, failing, [](const Case& c) { return c.integer("n") >= 65 && c.integer("step") >= 2; });
  EXPECT_EQ(shrunk.smallest.line(), "toy(n=65,step=2)");
  EXPECT_TRUE(shrunk.minimal);
  EXPECT_LT(shrunk.tried, 300);
}

TEST(Shrink, TriesTheSimplestCaseOfAllFirst) {
  const toy::Model model;
  Case failing(model.schema());
  failing.set("n", 913).set("step", 7).set("seed", 424242);
  const Shrunk shrunk = shrink(model, failing, [](const Case&) { return true; });
  EXPECT_EQ(shrunk.smallest.line(), "toy()");
  EXPECT_EQ(shrunk.tried, 1);
}

TEST(Shrink, NoCaseIsTriedTwice) {
  const toy::Model model;
  Case failing(model.schema());
  failing.set("n", 913).set("step", 7).set("seed", 424242);
  std::multiset<std::string> tried;
  shrink(model, failing, [&](const Case& c) {
    tried.insert(c.line());
    return c.integer("n") >= 65 && c.integer("seed") >= 9;
  });
  for (const std::string& line : tried) EXPECT_EQ(tried.count(line), 1U) << line;
}

TEST(Shrink, TwoNumbersMayMoveTogether) {
  const ListModel model;
  Case failing(model.schema());
  failing.set("a", 40).set("b", 40);
  const Shrunk shrunk = shrink(model, failing, [](const Case& c) {
    return c.integer("a") == c.integer("b") && c.integer("a") > 0;
  });
  EXPECT_EQ(shrunk.smallest.line(), "listed(a=1,b=1)");
}

TEST(Shrink, AListMayShrinkWhileANumberGrows) {
  const ListModel model;
  Case failing(model.schema());
  failing.set("requests", std::vector<std::int64_t>(2 * 60, 3));
  // Fails if enough rows are asked for, whoever asks.
  const Shrunk shrunk = shrink(model, failing, [](const Case& c) {
    return static_cast<std::int64_t>(c.list("requests").size()) / 2 + c.integer("padding") >= 50;
  });
  EXPECT_EQ(shrunk.smallest.line(), "listed(padding=50)");
}

TEST(Shrink, AllEntriesOfAListMayMoveTogether) {
  const ListModel model;
  Case failing(model.schema());
  failing.set("requests", std::vector<std::int64_t>{9, 5, 9, 7, 9, 8});
  const Shrunk shrunk = shrink(model, failing, [](const Case& c) {
    const std::vector<std::int64_t>& values = c.list("requests");
    if (values.size() != 6) return false;
    return values[0] == values[2] && values[2] == values[4];
  });
  EXPECT_EQ(shrunk.smallest.line(), "listed(requests=[0:0,0:0,0:0])");
}

TEST(Shrink, StopsAtItsLimitsAndSaysSo) {
  const toy::Model model;
  Case failing(model.schema());
  failing.set("n", 1000).set("seed", 1000000);
  int runs = 0;
  const auto never = [&](const Case&) { return ++runs < 0; };
  const Shrunk few = shrink(model, failing, never, {.runs = 3, .out_of_time = {}});
  EXPECT_EQ(runs, 3);
  EXPECT_EQ(few.tried, 3);
  EXPECT_FALSE(few.minimal);
  const Shrunk none =
      shrink(model, failing, never, {.runs = 9, .out_of_time = [] { return true; }});
  EXPECT_EQ(none.tried, 0);
  EXPECT_FALSE(none.minimal);
  EXPECT_EQ(none.smallest, failing);
}

TEST(Shrink, EveryStepOfTheTwoKindsEnds) {
  const ListModel model;
  Case current(model.schema());
  current.set("requests", std::vector<std::int64_t>{9, 5, 9, 7, 9, 8}).set("a", 7).set("b", 3);
  int steps = 0;
  // The last candidate each time: the least that can be gained.
  while (++steps < 10000) {
    std::vector<Case> candidates = simpler_cases(current);
    if (candidates.empty()) candidates = two_step_cases(current);
    if (candidates.empty()) break;
    for (const Case& candidate : candidates) EXPECT_FALSE(candidate == current);
    current = candidates.back();
  }
  EXPECT_LT(steps, 10000);
  EXPECT_EQ(current, Case(model.schema()));
}

CaseResult failed_with(std::vector<Finding> findings) {
  CaseResult result;
  result.evidence.executed = true;
  result.evidence.findings = std::move(findings);
  result.verdict = decide(result.evidence);
  return result;
}

CaseResult crashed(const std::string& how) {
  CaseResult result;
  result.evidence.crash = how;
  result.verdict = decide(result.evidence);
  return result;
}

TEST(Failing, KeepsToTheSameCheck) {
  const CaseResult original = failed_with({{Check::layout, "twin", "out", "value"}});
  const auto failing = new_failing(original, {});
  ASSERT_TRUE(failing.has_value());
  EXPECT_FALSE(fails_so(*failing, failed_with({{Check::canary, "gap"}})));
  EXPECT_TRUE(fails_so(*failing, failed_with({{Check::canary, "gap"}, {Check::layout, "again"}})));
  EXPECT_FALSE(fails_so(*failing, CaseResult{}));
  EXPECT_FALSE(fails_so(*failing, crashed("killed by SIGSEGV")));
}

TEST(Failing, ACrashAcceptsAnyFailureAndStaysWithFindings) {
  const CaseResult original = crashed("the worker was killed by SIGSEGV during: values");
  auto failing = new_failing(original, {});
  ASSERT_TRUE(failing.has_value());
  EXPECT_TRUE(fails_so(*failing, crashed("the worker was killed by SIGABRT")));
  const CaseResult clear = failed_with({{Check::canary, "gap", "out", "gap"}});
  EXPECT_TRUE(fails_so(*failing, clear));
  follow(*failing, clear);
  EXPECT_TRUE(fails_so(*failing, clear));
  EXPECT_FALSE(fails_so(*failing, crashed("the worker was killed by SIGABRT")));
  EXPECT_FALSE(fails_so(*failing, failed_with({{Check::layout, "twin"}})));
}

TEST(Failing, ACrashGivesWayToNothingThatIsKnown) {
  const CaseResult wrong = failed_with({{Check::shapes, "", "out", "value"}});
  const auto failing =
      new_failing(crashed("the worker was killed by SIGSEGV"), signatures_of(wrong));
  ASSERT_TRUE(failing.has_value());
  EXPECT_FALSE(fails_so(*failing, wrong));
  EXPECT_TRUE(fails_so(*failing, crashed("the worker was killed by SIGABRT")));
  EXPECT_TRUE(fails_so(*failing, failed_with({{Check::shapes, "", "out", "value"},
                                              {Check::guard, "", "kv", "page"}})));
}

TEST(Failing, FollowsTheAlternativeThatShowsIt) {
  Finding found(Check::width, "far", "out", "value");
  found.choice = Choice{Check::width, 5};
  auto failing = new_failing(failed_with({found}), {});
  ASSERT_TRUE(failing.has_value());
  EXPECT_EQ(failing->choice, (Choice{Check::width, 5}));
  found.choice = Choice{Check::width, 2};
  follow(*failing, failed_with({found}));
  EXPECT_EQ(failing->choice, (Choice{Check::width, 2}));
}

TEST(Failing, WhatACounterexampleShowsIsNotNewAgain) {
  const CaseResult two =
      failed_with({{Check::shapes, "", "out", "value"}, {Check::canary, "", "out", "gap"}});
  const std::vector<Signature> known = signatures_of(two);
  ASSERT_EQ(known.size(), 2U);
  EXPECT_FALSE(new_failing(two, known).has_value());
  EXPECT_FALSE(new_failing(failed_with({{Check::edge, "", "out", "value"}}), known).has_value());
  const auto other = new_failing(failed_with({{Check::shapes, "", "lse", "value"}}), known);
  ASSERT_TRUE(other.has_value());
  EXPECT_TRUE(other->target->exact) << "its check is known: only this operand is news";
  EXPECT_TRUE(new_failing(crashed("killed by SIGSEGV"), known).has_value());
}

TEST(Failing, CrashesDifferByHowTheProcessEndedOnly) {
  const auto known = signatures_of(crashed("killed by SIGSEGV during: values\nlast words"));
  EXPECT_FALSE(new_failing(crashed("killed by SIGSEGV during: poison\nother words"), known));
  EXPECT_TRUE(new_failing(crashed("killed by SIGABRT during: values"), known));
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
