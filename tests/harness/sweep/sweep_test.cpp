// Sweeps of a bundled op: what is run, counted, skipped and reproduced.
#include "harness/sweep/sweep.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "harness/report/render.hpp"
#include "harness/subjects/bundled_cases.hpp"

namespace mlacheck {
namespace {

SweepOptions small(std::int64_t cases) {
  SweepOptions options;
  options.select.ops = {"decode_expansion"};
  options.select.backends = {"cpu.w32"};
  options.cases = cases;
  options.seed = 5;
  return options;
}

TEST(Sweep, RunsTheAskedNumberOfCasesAndCountsThemAll) {
  std::int64_t last_progress = 0;
  const SweepResult result =
      sweep(small(50),
            {.progress = [&](const SweepProgress& progress) { last_progress = progress.cases; },
             .failure = {},
             .row_ended = {}});
  ASSERT_EQ(result.rows.size(), 2U);
  std::int64_t total = 0;
  for (const RowResult& row : result.rows) {
    EXPECT_EQ(row.tally.total(), 50) << row.row.subject.variant;
    EXPECT_EQ(row.verdict(), Verdict::passed);
    total += row.tally.total();
  }
  EXPECT_EQ(result.cases().total(), total);
  EXPECT_EQ(last_progress, total);
  EXPECT_EQ(exit_code(result.verdict()), kExitPassed);
}

TEST(Sweep, RequiredCasesRunEvenWithoutTimeOrCases) {
  SweepOptions options = small(1);
  const SweepResult one = sweep(options, {});
  const auto required =
      static_cast<std::int64_t>(required_cases(one.rows.front().row.op_name()).size());
  ASSERT_GT(required, 1);
  EXPECT_EQ(one.rows.front().tally.total(), required);
  options.cases = 0;
  EXPECT_EQ(sweep(options, {}).rows.front().tally.total(), required);
  options.cases.reset();
  options.seconds = 0;
  EXPECT_EQ(sweep(options, {}).rows.front().tally.total(), required);
}

TEST(Sweep, BeginsAtTheFirstCaseThatIsAskedFor) {
  SweepOptions options = small(60);
  const RowResult all = sweep(options, {}).rows.front();
  options.first_case = 45;
  const RowResult last = sweep(options, {}).rows.front();
  EXPECT_EQ(all.tally.total(), 60);
  EXPECT_EQ(last.tally.total(), 15);
  options.first_case = 100'000;
  options.cases.reset();
  options.seconds = 0;
  EXPECT_EQ(sweep(options, {}).rows.front().tally.total(), 0)
      << "no time, and required cases elsewhere";
}

TEST(Sweep, APassThatLeftAPartOfTheConfigurationOutIsMistrusted) {
  RowResult row = sweep(small(1), {}).rows.front();
  ASSERT_EQ(row.verdict(), Verdict::passed);
  judge_configuration(row);
  EXPECT_EQ(row.verdict(), Verdict::passed) << "too few cases to say";
  EXPECT_FALSE(row.checks.contains(Check::configuration));
  const Case simplest(row.row.op->model->schema());
  for (std::int64_t n = 0; n < Coverage::kEnough; ++n) row.coverage.note(simplest, false);
  ASSERT_FALSE(row.coverage.missing().empty());
  judge_configuration(row);
  EXPECT_EQ(row.verdict(), Verdict::mistrusted);
  EXPECT_EQ(row.checks.at(Check::configuration).failed, 1);
  SweepResult result;
  result.rows.push_back(row);
  EXPECT_NE(render_tables(result).find("none of them with " + row.coverage.missing().front()),
            std::string::npos);
}

TEST(Sweep, SeveralThreadsRunTheSameCasesAsOne) {
  SweepOptions options = small(120);
  const SweepResult alone = sweep(options, {});
  options.jobs = 2;
  const SweepResult together = sweep(options, {});
  for (std::size_t i = 0; i < alone.rows.size(); ++i) {
    EXPECT_EQ(alone.rows[i].tally.total(), together.rows[i].tally.total());
    EXPECT_EQ(alone.rows[i].tally.count(Verdict::skipped),
              together.rows[i].tally.count(Verdict::skipped));
    EXPECT_EQ(alone.rows[i].checks.at(Check::metadata).cases,
              together.rows[i].checks.at(Check::metadata).cases);
  }
}

TEST(Sweep, SkippedCasesKeepTheirReason) {
  const SweepResult result = sweep(small(200), {});
  const RowResult& uniform = result.rows.back();
  ASSERT_EQ(uniform.row.subject.variant, "uniform");
  ASSERT_GT(uniform.tally.count(Verdict::skipped), 0) << "ragged cases are outside its domain";
  EXPECT_EQ(uniform.skips.total(), uniform.tally.count(Verdict::skipped));
  const std::string text = render_tables(result);
  for (const ReasonCounts::Reason& reason : uniform.skips.most_common(3)) {
    EXPECT_FALSE(reason.example.empty());
    EXPECT_NE(text.find(std::to_string(reason.count) + "  " + reason.example.substr(0, 20)),
              std::string::npos)
        << reason.example << "\n"
        << text;
  }
}

TEST(Sweep, UnknownNamesAreRefusedWithTheKnownOnes) {
  SweepOptions options = small(1);
  options.select.ops = {"softmax"};
  EXPECT_THROW(sweep(options, {}), std::invalid_argument);
  options.select.ops.clear();
  options.select.backends = {"opencl"};
  EXPECT_THROW(sweep(options, {}), std::invalid_argument);
}

TEST(Sweep, SelectingNothingIsNoPass) {
  SweepOptions options = small(10);
  options.select.variants = {"strided"};  // a variant of another op
  const SweepResult result = sweep(options, {});
  EXPECT_TRUE(result.rows.empty());
  EXPECT_EQ(result.verdict(), Verdict::untested);
  EXPECT_EQ(exit_code(result.verdict()), kExitFailed);
}

TEST(Render, TablesFitEightyColumns) {
  const SweepResult result = sweep(small(30), {});
  const std::string text = render_tables(result) + render_summary(result);
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    EXPECT_LE(end - start, 80U) << text.substr(start, end - start);
    start = end + 1;
  }
  EXPECT_NE(text.find("PASSED"), std::string::npos);
}

TEST(Render, CompactNumbers) {
  EXPECT_EQ(compact(0), "0");
  EXPECT_EQ(compact(9999), "9999");
  EXPECT_EQ(compact(12345), "12.3k");
  EXPECT_EQ(compact(1234567), "1.23M");
}

}  // namespace
}  // namespace mlacheck
