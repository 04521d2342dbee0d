// What parent and worker tell each other comes over whole.
#include "harness/worker/protocol.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace mlacheck {
namespace {

TEST(Protocol, AQuestionKeepsItsBattery) {
  BatteryOptions battery;
  battery.effort = Effort::values;
  battery.stop_at_first = true;
  battery.turn = 1LL << 40;
  battery.choices = {{Check::width, 7}, {Check::batch, 0}};
  battery.thorough = true;
  battery.only = Check::trust;
  battery.only_unit = "repeat";
  battery.only_width_unit = "many rows";
  battery.until = Target{{Check::edge, "out", "value"}, true};
  const Question told =
      question_of(text_of(Question{"op", "cpu.w64", "\xffvariant", "T%2", "op(T=2)", battery}));
  EXPECT_EQ(told.op + told.backend + told.where + told.line, "opcpu.w64T%2op(T=2)");
  EXPECT_EQ(told.battery->effort, Effort::values);
  EXPECT_TRUE(told.battery->stop_at_first && told.battery->thorough);
  EXPECT_EQ(told.battery->turn, battery.turn);
  EXPECT_EQ(told.battery->choices, battery.choices);
  EXPECT_EQ(told.battery->only, battery.only);
  EXPECT_EQ(told.battery->only_unit, "repeat");
  EXPECT_EQ(told.battery->only_width_unit, "many rows");
  EXPECT_EQ(told.battery->until->signature, battery.until->signature);
  EXPECT_TRUE(told.battery->until->exact);
  EXPECT_FALSE(question_of(text_of(Question{})).battery.has_value());
}

TEST(Protocol, AResultKeepsItsEvidence) {
  CaseResult result;
  result.verdict = Verdict::error;
  result.evidence = {true, true, 1LL << 40, "skip", "error", "crash", "time", {}, {}};
  result.evidence.findings.emplace_back(Check::trust, "a\nb\x1b\xff", "out", "value");
  result.evidence.findings.front().choice = Choice{Check::probe, 3};
  result.evidence.findings.front().unit = "width";
  result.evidence.left_out = {{Check::width, "too large"}};
  result.checks = {Check::shapes, Check::trust};
  result.worst_ratio = std::numeric_limits<double>::quiet_NaN();
  result.ratios.back() = 5;
  result.rule = "rule";
  const CaseResult told = case_result_of(text_of(result));
  EXPECT_EQ(told.verdict, Verdict::error);
  EXPECT_TRUE(told.evidence.executed && told.evidence.receipt);
  EXPECT_EQ(told.evidence.compared, 1LL << 40);
  EXPECT_EQ(told.evidence.skip_reason + told.evidence.harness_error, "skiperror");
  EXPECT_EQ(told.evidence.crash + told.evidence.timeout, "crashtime");
  ASSERT_EQ(told.evidence.findings.size(), 1U);
  const Finding& finding = told.evidence.findings.front();
  EXPECT_EQ(signature_of(finding), (Signature{Check::trust, "out", "value"}));
  EXPECT_EQ(finding.text, "a\nb??");
  EXPECT_EQ(finding.choice, (Choice{Check::probe, 3}));
  EXPECT_EQ(finding.unit, "width");
  EXPECT_EQ(told.evidence.left_out, result.evidence.left_out);
  EXPECT_EQ(told.checks, result.checks);
  EXPECT_TRUE(std::isnan(told.worst_ratio));
  EXPECT_EQ(told.ratios, result.ratios);
  EXPECT_EQ(told.rule, "rule");
}

TEST(Protocol, ACostKeepsItsNumbers) {
  CostRow row{"op",      "variant", "cuda",
              "skipped", "failed",  "",
              "",        "error",   {1, 2, 3, 4, 5, 6, 7},
              {"more"},  true,      Cost{7, 6, 5, 4, 3, 2, 1}};
  const CostRow told = cost_row_of(text_of(row));
  EXPECT_EQ(told.op + told.variant + told.backend, "opvariantcuda");
  EXPECT_EQ(told.skipped + told.failed + told.error, "skippedfailederror");
  EXPECT_EQ(told.counted, row.counted);
  EXPECT_EQ(told.contradictions, row.contradictions);
  EXPECT_TRUE(told.watched);
  EXPECT_EQ(told.contract, row.contract);
}

TEST(Protocol, ADescriptionKeepsAllButFunctions) {
  Subject subject;
  subject.variant = "fast";
  subject.baseline = "slow";
  subject.agreement = Agreement::within_bound;
  subject.unavailable = [] { return "no device"; };
  subject.conventions = {Conventions::LseBase::two, Conventions::LseLayout::tokens_heads, false,
                         false};
  subject.numerics = {11, 12, 0.1, true, 9, 8, ScaleOfGroup::reciprocal, 0.2, 0.3, 4, 5, true};
  subject.contract = "fast";
  const SubjectTable table{
      "op", "cuda", "", "", "interpreted", {{"n", 1LL << 40}}, {subject, Subject{}}};
  const Mutant mutant{"rows-dropped", "op", "cuda", "fast",      "summary", {"K1", "K2"},
                      "reason",       true, true,   "racecheck", true};
  const MutantLibrary told =
      description_of(text_of(Description{{{mutant}, {table}}, "", ""})).library;
  ASSERT_EQ(told.tables.size(), 1U);
  EXPECT_EQ(told.tables[0].op + told.tables[0].backend, "opcuda");
  EXPECT_EQ(told.tables[0].machine, "interpreted");
  EXPECT_EQ(told.tables[0].tiles.at(0).axis, "n");
  EXPECT_EQ(told.tables[0].tiles.at(0).extent, 1LL << 40);
  const Subject& fast = told.tables[0].subjects.at(0);
  EXPECT_EQ(fast.variant + fast.baseline + fast.contract, "fastslowfast");
  EXPECT_EQ(fast.agreement, Agreement::within_bound);
  EXPECT_EQ(fast.unavailable(), "no device");
  EXPECT_FALSE(told.tables[0].subjects.at(1).unavailable);
  EXPECT_EQ(fast.conventions.lse_base, Conventions::LseBase::two);
  EXPECT_EQ(fast.conventions.lse_layout, Conventions::LseLayout::tokens_heads);
  EXPECT_FALSE(fast.conventions.plus_infinity_is_empty || fast.conventions.refuses_overlap);
  EXPECT_EQ(fast.numerics, subject.numerics);
  ASSERT_EQ(told.mutants.size(), 1U);
  EXPECT_EQ(told.mutants[0].id + told.mutants[0].op + told.mutants[0].backend,
            "rows-droppedopcuda");
  EXPECT_EQ(told.mutants[0].variant + told.mutants[0].summary + told.mutants[0].reason,
            "fastsummaryreason");
  EXPECT_EQ(told.mutants[0].checks, mutant.checks);
  EXPECT_TRUE(told.mutants[0].is_control && told.mutants[0].left_out && told.mutants[0].only_gpu);
  EXPECT_EQ(told.mutants[0].tool, "racecheck");
  EXPECT_EQ(description_of(text_of(Description{{}, "refused", "error"})).refused, "refused");
}

}  // namespace
}  // namespace mlacheck
