// The run that measures other projects' rules: its cases are sound, and it tells a correct variant
// from a faulty one.
#include "harness/study/criterion_run.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>

#include "harness/process/forked.hpp"
#include "harness/study/criteria.hpp"
#include "harness/subjects/bundled_cases.hpp"
#include "harness/values/dtype.hpp"
#include "tests/support/wrapped_subject.hpp"

namespace mlacheck {
namespace {

const std::vector<Subject>& bundled(const std::string& op) {
  return wrapped::table_of(op).subjects;
}

Answer answer_of(const RuleAnswers& answers, const std::string& rule) {
  return answers.at(criterion_index(rule));
}

// A copy of the first bundled variant that leaves zeros in one output.
Subject zeroing(const std::string& op, const std::string& output) {
  Subject subject = bundled(op).front();
  const auto run = subject.run;
  subject.run = [run, output](const Call& call, LaunchContext& context) -> Status {
    Status status = run(call, context);
    const Tensor& tensor = call.tensor(output);
    std::memset(tensor.data, 0,
                static_cast<std::size_t>(span_elements(tensor)) * size_of(tensor.dtype));
    return status;
  };
  return subject;
}

std::string first_output(const OpModel& model) {
  const Case c = peer_cases(model.schema().op).front();
  for (const Operand& operand : model.materialise(c, "").operands) {
    if (operand.access == Access::output) return operand.name;
  }
  throw std::logic_error(model.schema().op + " has no output");
}

// The rules can be measured on an op only if it brings cases for that.
std::vector<OpEntry> measured_ops() {
  std::vector<OpEntry> measured;
  for (const OpEntry& op : ops()) {
    if (!peer_cases(op.model->schema().op).empty()) measured.push_back(op);
  }
  return measured;
}

TEST(CriterionRun, AnOpHasSixPeerCasesOrNone) {
  EXPECT_GE(measured_ops().size(), 7U);
  for (const OpEntry& op : measured_ops()) {
    EXPECT_GE(peer_cases(op.model->schema().op).size(), 6U) << op.model->schema().op;
  }
}

// Answers throw if a variant skips a case.
TEST(CriterionRun, NoRuleRefusesACorrectVariant) {
  for (const OpEntry& op : measured_ops()) {
    const std::string& name = op.model->schema().op;
    for (const Subject& subject : bundled(name)) {
      const RuleAnswers answers = answers_on_peer_cases(name, subject, subject.variant);
      ASSERT_EQ(answers.size(), criteria().size());
      for (std::size_t k = 0; k < answers.size(); ++k) {
        const bool products = criteria()[k].name == "blaspp";
        if (products && name != "strided_bmm" && name != "decode_expansion") continue;
        EXPECT_EQ(answers[k], Answer::accepts)
            << criteria()[k].name << " on " << name << " " << subject.variant;
      }
    }
  }
}

// A bundled variant in the place of a mutant or of a control.
Mutant stand_in(const std::string& op, bool is_control) {
  const std::string variant = bundled(op).front().variant;
  return {variant, op, "cpu.w32", variant, "", {}, "", is_control};
}

// Rules refuse correct bf16 results that were rounded once a chunk. Such cases do not count.
TEST(CriterionRun, EveryRuleKeepsHalfOfTheCasesAndMostKeepAll) {
  CriterionOptions options;
  options.drawn = 0;
  for (const OpEntry& op : measured_ops()) {
    const std::string& name = op.model->schema().op;
    const CriterionReport report = run_criteria({stand_in(name, true)}, options);
    EXPECT_TRUE(report.mutants.empty());
    for (std::size_t k = 0; k < report.scores.size(); ++k) {
      const CriterionScore& score = report.scores[k];
      EXPECT_GE(2 * score.cases_kept, score.cases) << criteria()[k].name << " on " << name;
      if (name != "chunked_context") {
        EXPECT_EQ(score.cases_kept, score.cases) << criteria()[k].name << " on " << name;
      }
    }
    EXPECT_EQ(report.scores.at(criterion_index("nmse")).cases,
              static_cast<std::int64_t>(peer_cases(name).size()));
  }
}

TEST(CriterionRun, CountsCorrectResultsOfDrawnCases) {
  CriterionOptions options;
  options.drawn = 30;
  const CriterionReport report = run_criteria({stand_in("decode_expansion", true)}, options);
  for (const CriterionScore& score : report.scores) {
    EXPECT_GT(score.correct, 0);
    EXPECT_LE(score.correct, 30);
    EXPECT_EQ(score.false_alarms, 0) << "integers are exact";
    EXPECT_EQ(score.mutants, 0);
  }
}

TEST(CriterionRun, ACorrectVariantThatPosesAsAMutantIsCaughtByNone) {
  const CriterionReport report = run_criteria({stand_in("strided_bmm", false)}, {});
  ASSERT_EQ(report.mutants.size(), 1U);
  EXPECT_EQ(report.mutants.front().ended, "");
  for (const CriterionScore& score : report.scores) {
    EXPECT_EQ(score.mutants, 1);
    EXPECT_EQ(score.caught, 0);
  }
  CriterionOptions unknown;
  unknown.only = {"no-such-mutant"};
  EXPECT_THROW(run_criteria({stand_in("strided_bmm", false)}, unknown), std::invalid_argument);
}

TEST(CriterionRun, EveryRuleThatAppliesRefusesZeros) {
  for (const OpEntry& entry : measured_ops()) {
    const std::string& op = entry.model->schema().op;
    const Subject subject = zeroing(op, first_output(*entry.model));
    const RuleAnswers answers = answers_on_peer_cases(op, subject, subject.variant);
    for (std::size_t k = 0; k < answers.size(); ++k) {
      EXPECT_NE(answers[k], Answer::accepts) << criteria()[k].name << " accepts zeros from " << op;
    }
    EXPECT_EQ(answer_of(answers, "allclose"), Answer::refuses) << op;
  }
}

TEST(CriterionRun, TheRuleForMatrixProductsSeesOneHead) {
  const Subject& correct = bundled("strided_bmm").front();
  const RuleAnswers answers = answers_on_peer_cases("strided_bmm", correct, correct.variant);
  EXPECT_EQ(answer_of(answers, "blaspp"), Answer::accepts);
  const Subject& other = bundled("merge_states").front();
  EXPECT_EQ(answer_of(answers_on_peer_cases("merge_states", other, other.variant), "blaspp"),
            Answer::not_applicable);
}

// On clean memory a kernel that leaves rows unwritten looks correct. The fixed run must miss it as
// the tests that it stands for do.
TEST(CriterionRun, MemoryIsZeroBeforeTheCall) {
  Subject subject = bundled("strided_bmm").front();
  const auto run = subject.run;
  bool all_zero = true;
  subject.run = [&](const Call& call, LaunchContext& context) -> Status {
    const Tensor& out = call.tensor("out");
    const auto* const bytes = static_cast<const unsigned char*>(out.data);
    const Tensor scratch = context.allocate("scratch", DType::f32, {64});
    const auto* const more = static_cast<const unsigned char*>(scratch.data);
    for (std::size_t i = 0; i < static_cast<std::size_t>(span_elements(out)) * size_of(out.dtype);
         ++i) {
      all_zero = all_zero && bytes[i] == 0;
    }
    for (std::size_t i = 0; i < 256; ++i) all_zero = all_zero && more[i] == 0;
    return run(call, context);
  };
  answers_on_peer_cases("strided_bmm", subject, subject.variant);
  EXPECT_TRUE(all_zero);
}

TEST(CriterionRun, AFailedCallIsNoAnswer) {
  Subject subject = bundled("strided_bmm").front();
  subject.run = [](const Call&, LaunchContext&) -> Status {
    return {StatusCode::unsupported, "not today"};
  };
  EXPECT_THROW(answers_on_peer_cases("strided_bmm", subject, subject.variant), std::runtime_error);
  subject.run = [](const Call&, LaunchContext&) -> Status { throw std::runtime_error("no"); };
  EXPECT_THROW(answers_on_peer_cases("strided_bmm", subject, subject.variant), std::runtime_error);
}

TEST(CriterionRun, AnUnknownRuleIsAnsweredWithTheNames) {
  EXPECT_EQ(criterion_index("nmse"), 2U);
  try {
    criterion_index("feeling");
    FAIL() << "accepted";
  } catch (const std::invalid_argument& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("'feeling'"), std::string::npos) << text;
    for (const Criterion& criterion : criteria()) {
      EXPECT_NE(text.find(" " + std::string(criterion.name)), std::string::npos) << text;
    }
  }
}

TEST(Forked, TellsHowTheChildEnded) {
  using End = ForkedAnswer::End;
  const ForkedAnswer long_one = run_forked([] { return std::string(100000, 'x'); }, 10);
  EXPECT_EQ(long_one.end, End::returned);
  EXPECT_EQ(long_one.text, std::string(100000, 'x'));
  EXPECT_EQ(run_forked([] { return std::string(); }, 10).end, End::returned);
  const ForkedAnswer threw =
      run_forked([]() -> std::string { throw std::runtime_error("why"); }, 10);
  EXPECT_EQ(threw.end, End::threw);
  EXPECT_EQ(threw.text, "why");
  EXPECT_EQ(run_forked([]() -> std::string { std::abort(); }, 10).end, End::crashed);
  EXPECT_EQ(run_forked([]() -> std::string { _exit(0); }, 10).end, End::crashed);
  const auto forever = []() -> std::string {
    while (true) pause();
  };
  EXPECT_EQ(run_forked(forever, 0.5).end, End::hung);
}

}  // namespace
}  // namespace mlacheck
