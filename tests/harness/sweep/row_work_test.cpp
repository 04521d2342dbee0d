// One row of a sweep: which failures it reports, whoever works on it.
#include "harness/sweep/row_work.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <thread>

#include "tests/support/toy_op.hpp"

namespace mlacheck {
namespace {

const toy::Model kModel;
const toy::Doubled kOracle;
const OpEntry kOp{&kModel, &kOracle};

using Run = std::function<Status(const Call&, LaunchContext&)>;

// A row of the toy, and everything that must outlive it.
struct ToyRow {
  explicit ToyRow(Run run) {
    table.op = "toy";
    table.backend = "cpu.w32";
    Subject& subject = table.subjects.emplace_back();
    subject.variant = "tried";
    subject.run = std::move(run);
    subject.conventions.refuses_overlap = false;
    row = RowResult(Row{&kOp, &table, subject, "cpu.w32", ""});
    options.cases = 120;
    options.seed = 3;
  }

  void work(unsigned jobs, const std::function<bool()>& stop = [] { return false; }) {
    RowWork work(row, backend_named(backends, "cpu.w32"), options);
    const auto labour = [&] {
      const auto runner = make_local_runner(backends);
      RowWork::Step step = RowWork::Step::worked;
      while (step != RowWork::Step::ended) {
        step = work.step(true, *runner, stop, [](const Counterexample&) {});
      }
    };
    std::vector<std::jthread> threads;
    for (unsigned job = 1; job < jobs; ++job) threads.emplace_back(labour);
    labour();
  }

  std::vector<std::string> lines() const {
    std::vector<std::string> result;
    for (const Counterexample& failure : row.failures) result.push_back(failure.smallest.line());
    return result;
  }

  std::vector<std::unique_ptr<Backend>> backends = make_backends();
  SubjectTable table;
  RowResult row;
  SweepOptions options;
};

// Wrong wherever the first element is negative: about half of the seeds.
Status wrong_on_negative(const Call& call, LaunchContext& context) {
  const Status status = toy::run(call, context);
  const Tensor& x = call.tensor("x");
  if (x.shape[0] > 0 && x.as<float>()[0] < 0) toy::put(call.tensor("y"), 0, 7);
  return status;
}

TEST(RowWork, ANeighbourThatIsWrongByItselfIsAFailureOfItsOwn) {
  ToyRow toy(&wrong_on_negative);
  toy.work(1);
  EXPECT_EQ(toy.row.verdict(), Verdict::failed);
  bool neighbour_was_wrong = false;
  for (const auto& [check, count] : toy.row.checks) {
    neighbour_was_wrong = neighbour_was_wrong || (check == Check::history && count.failed > 0);
  }
  EXPECT_TRUE(neighbour_was_wrong) << "or this test shows nothing";
  for (const Counterexample& failure : toy.row.failures) {
    ASSERT_TRUE(failure.failing.target);
    EXPECT_EQ(name_of(failure.failing.target->signature.check), "K1") << failure.smallest.line();
  }
}

// Wrong from ten elements on, and writes behind an element if there is room: two defects.
Status two_defects(const Call& call, LaunchContext& context) {
  const Status status = toy::run(call, context);
  const Tensor& y = call.tensor("y");
  if (y.shape[0] >= 10) toy::put(y, 9, -1);
  if (y.shape[0] >= 2 && y.stride[0] >= 2) y.as<float>()[1] = 5;
  return status;
}

TEST(RowWork, GoesOnAfterAFailureAndReportsEachDefectOnce) {
  ToyRow toy(&two_defects);
  toy.work(1);
  EXPECT_EQ(toy.row.tally.total(), 120);
  EXPECT_EQ(toy.row.verdict(), Verdict::failed);
  const std::vector<std::string> lines = toy.lines();
  const auto reported = [&](const std::string& line) {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
  };
  EXPECT_TRUE(reported("toy(n=10)")) << "the wrong value";
  EXPECT_TRUE(reported("toy(n=2,step=2)") || reported("toy(n=2)")) << "the gap, also of a twin";
  EXPECT_LE(lines.size(), 4U) << "of hundreds of findings";
  for (const Counterexample& failure : toy.row.failures) {
    EXPECT_TRUE(failure.confirmed);
    EXPECT_TRUE(failure.minimal);
  }
}

TEST(RowWork, TheReportIsTheSameForEveryNumberOfThreads) {
  ToyRow alone(&two_defects);
  alone.work(1);
  for (int round = 0; round < 10; ++round) {
    ToyRow together(&two_defects);
    together.work(4);
    EXPECT_EQ(together.lines(), alone.lines());
    EXPECT_EQ(together.row.tally.total(), alone.row.tally.total());
    EXPECT_EQ(together.row.tally.count(Verdict::failed), alone.row.tally.count(Verdict::failed));
    for (const auto& [check, count] : alone.row.checks) {
      EXPECT_EQ(together.row.checks[check].cases, count.cases) << name_of(check);
      EXPECT_EQ(together.row.checks[check].failed, count.failed) << name_of(check);
    }
    for (std::size_t i = 0; i < alone.row.failures.size(); ++i) {
      EXPECT_EQ(together.row.failures[i].original, alone.row.failures[i].original);
      EXPECT_EQ(together.row.failures[i].shrink_runs, alone.row.failures[i].shrink_runs);
    }
  }
}

TEST(RowWork, EndsAtItsMostFailuresAndCountsNoCaseBeyond) {
  for (const unsigned jobs : {1U, 4U}) {
    ToyRow toy(&two_defects);
    toy.options.max_failures = 1;
    toy.work(jobs);
    ASSERT_EQ(toy.row.failures.size(), 1U);
    EXPECT_LT(toy.row.tally.total(), 120);
    EXPECT_EQ(toy.row.tally.count(Verdict::failed), 1)
        << "the cases behind it are not accounted for";
    EXPECT_NE(toy.row.ended.find("1 counterexample"), std::string::npos) << toy.row.ended;
  }
}

TEST(RowWork, ARowWithACounterexampleNeverPasses) {
  ToyRow toy(&toy::run);
  toy.work(1);
  EXPECT_EQ(toy.row.verdict(), Verdict::passed);
  toy.row.failures.emplace_back(Case(kModel.schema()), CaseResult{});
  EXPECT_EQ(toy.row.verdict(), Verdict::failed);
}

TEST(RowWork, AFailureIsConfirmedBeforeItIsShrunk) {
  // Fails once and never again: nothing is worth shrinking.
  int calls = 0;
  ToyRow toy([&](const Call& call, LaunchContext& context) -> Status {
    const Status status = toy::run(call, context);
    if (++calls == 1) toy::put(call.tensor("y"), 0, -1);
    return status;
  });
  toy.work(1);
  ASSERT_GE(toy.row.failures.size(), 1U);
  EXPECT_FALSE(toy.row.failures.front().confirmed);
  EXPECT_EQ(toy.row.failures.front().shrink_runs, 0);
  EXPECT_EQ(toy.row.verdict(), Verdict::failed);
}

TEST(RowWork, WhatNeedsAnotherCaseBeforeItIsReportedWithThatCase) {
  // A call with fifty elements leaves something behind; only a new process forgets it.
  bool left_behind = false;
  ToyRow toy([&](const Call& call, LaunchContext& context) -> Status {
    const Status status = toy::run(call, context);
    const Tensor& y = call.tensor("y");
    if (left_behind && y.shape[0] == 7) toy::put(y, 3, -1);
    left_behind = left_behind || y.shape[0] >= 50;
    return status;
  });
  class Forgetful final : public CaseRunner {
   public:
    Forgetful(std::unique_ptr<CaseRunner> runner, bool& state)
        : runner_(std::move(runner)), state_(state) {}
    CaseResult run(const Row& row, const Case& c, const BatteryOptions& options,
                   const RunLimits& limits) override {
      BatteryOptions values = options;
      values.effort = Effort::values;
      return runner_->run(row, c, values, limits);
    }
    void refresh() override { state_ = false; }

   private:
    std::unique_ptr<CaseRunner> runner_;
    bool& state_;
  };
  toy.options.cases = 2000;
  RowWork work(toy.row, backend_named(toy.backends, "cpu.w32"), toy.options);
  Forgetful runner(make_local_runner(toy.backends), left_behind);
  while (work.step(
             true, runner, [] { return false; }, [](const Counterexample&) {}) !=
         RowWork::Step::ended) {
  }
  ASSERT_EQ(toy.row.failures.size(), 1U);
  const Counterexample& found = toy.row.failures.front();
  EXPECT_TRUE(found.confirmed);
  ASSERT_EQ(found.after.size(), 1U);
  EXPECT_GE(found.after.front().integer("n"), 50);
  EXPECT_EQ(found.smallest.line(), "toy(n=7)");
}

TEST(RowWork, StopsWhenItIsAskedTo) {
  int asked = 0;
  ToyRow toy(&toy::run);
  toy.work(1, [&] { return ++asked > 10; });
  EXPECT_LT(toy.row.tally.total(), 20);
}

TEST(RowWork, AnExceptionOfTheRunnerEndsTheRow) {
  class Throwing final : public CaseRunner {
   public:
    CaseResult run(const Row&, const Case&, const BatteryOptions&, const RunLimits&) override {
      throw std::runtime_error("no more of this");
    }
  };
  ToyRow toy(&toy::run);
  RowWork work(toy.row, backend_named(toy.backends, "cpu.w32"), toy.options);
  Throwing runner;
  EXPECT_THROW(work.step(
                   true, runner, [] { return false; }, [](const Counterexample&) {}),
               std::runtime_error);
  EXPECT_TRUE(work.ended());
}

TEST(ReasonCounts, ReasonsThatDifferInNumbersAreOne) {
  ReasonCounts reasons;
  for (int i = 0; i < 300; ++i) reasons.add("unsupported head size " + std::to_string(i));
  reasons.add("no layout");
  reasons.add("no layout");
  EXPECT_EQ(reasons.total(), 302);
  const auto common = reasons.most_common(3);
  ASSERT_EQ(common.size(), 2U);
  EXPECT_EQ(common[0].example, "unsupported head size 0");
  EXPECT_EQ(common[0].count, 300);
  EXPECT_TRUE(common[0].varies);
  EXPECT_EQ(common[1].count, 2);
  EXPECT_FALSE(common[1].varies);
}

TEST(ReasonCounts, AreBoundedWhateverASubjectSays) {
  ReasonCounts reasons;
  for (int i = 0; i < 2000; ++i) reasons.add(std::string(static_cast<std::size_t>(i), 'x'));
  EXPECT_EQ(reasons.total(), 2000);
  EXPECT_LE(reasons.most_common(5000).size(), 300U);
}

}  // namespace
}  // namespace mlacheck
