#include "harness/study/criterion_run.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "harness/checks/conventions.hpp"
#include "harness/execute/execute.hpp"
#include "harness/process/forked.hpp"
#include "harness/study/criteria.hpp"
#include "harness/study/mutant_selection.hpp"
#include "harness/subjects/bundled_cases.hpp"
#include "harness/sweep/case_source.hpp"

namespace mlacheck {
namespace {

constexpr const char* kBackend = "cpu.w32";
constexpr const char* kPeerBackend = "cpu.w64";

const Subject& subject_named(const std::string& op, const std::string& backend,
                             const std::string& variant) {
  if (const Subject* const found = find_subject(op, backend, variant)) return *found;
  throw std::logic_error("op " + op + " has no variant '" + variant + "' on " + backend);
}

struct Outcome {
  OutputBits outputs;
  Status status;
};

Outcome run_clean(const Subject& subject, const Problem& problem, Backend& backend) {
  Run run = execute(subject, problem, backend, RunOptions::clean());
  if (!run.harness_error.empty()) throw std::runtime_error(run.harness_error);
  // Any test fails if the call throws. Usual tests look at no other findings.
  for (const Finding& finding : run.findings) {
    if (finding.check == Check::liveness && run.status.ok()) {
      return {{}, {StatusCode::launch_failed, finding.text}};
    }
  }
  return {std::move(run.outputs), run.status};
}

// A problem with its expected answers, and what the rules say of the correct variant.
struct Exam {
  Problem problem;
  Expectation expectation;
  OutputBits peer;
  RuleAnswers correct;  ///< what the rules say of the correct variant; empty: no rule is left out
};

// The answers, without those of rules that refuse the correct variant of this case.
RuleAnswers votes(const Exam& exam, RuleAnswers answers) {
  for (std::size_t k = 0; k < exam.correct.size(); ++k) {
    if (exam.correct[k] == Answer::refuses) answers[k] = Answer::not_applicable;
  }
  return answers;
}

class Examiner {
 public:
  Examiner() : backends_(make_backends()) {}

  Backend& backend(const std::string& name) const { return backend_named(backends_, name); }
  Row row(const Mutant& mutant) const { return row_of(mutant, backends_); }

  /// Nothing if the variant does not take the case.
  std::optional<Exam> set(const Case& c, const Subject& subject) const {
    const OpEntry& op = *find_op(c.op());
    Exam exam;
    exam.problem = under_conventions(op.model->materialise(c, subject.contract_name()), subject);
    if (!outside_conventions(exam.problem, subject).empty()) return std::nullopt;
    const Subject& peer = subject_named(c.op(), kPeerBackend, subject.contract_name());
    Outcome outcome = run_clean(peer, exam.problem, backend(kPeerBackend));
    if (outcome.status.code() == StatusCode::unsupported) return std::nullopt;
    if (!outcome.status.ok()) {
      throw std::runtime_error(c.line() + ": the peer failed: " + outcome.status.message());
    }
    exam.peer = std::move(outcome.outputs);
    exam.expectation = op.oracle->expect(exam.problem);
    to_units_of(exam.expectation, exam.problem);
    return exam;
  }

  /// The fixed cases of an op; one set of exams for each correct variant.
  const std::vector<Exam>& fixed(const std::string& op, const Subject& subject) {
    const auto [place, fresh] = fixed_.try_emplace({op, subject.contract_name()});
    if (!fresh) return place->second;
    const Subject& correct = subject_named(op, kBackend, subject.contract_name());
    for (const Case& c : peer_cases(op)) {
      std::optional<Exam> exam = set(c, subject);
      if (!exam) throw std::logic_error(c.line() + ": a peer case that the peer does not take");
      exam->correct = take({*exam}, correct, backend(kBackend));
      place->second.push_back(std::move(*exam));
    }
    return place->second;
  }

  /// Throws std::runtime_error if a call fails.
  RuleAnswers take(const std::vector<Exam>& exams, const Subject& subject, Backend& backend) const {
    RuleAnswers answers(criteria().size(), Answer::not_applicable);
    for (const Exam& exam : exams) {
      const Outcome outcome = run_clean(subject, exam.problem, backend);
      if (!outcome.status.ok()) throw std::runtime_error(outcome.status.message());
      keep_stricter(answers, votes(exam, rule_answers(exam.problem, exam.expectation,
                                                      outcome.outputs, exam.peer)));
    }
    return answers;
  }

 private:
  std::vector<std::unique_ptr<Backend>> backends_;
  std::map<std::pair<std::string, std::string>, std::vector<Exam>> fixed_;
};

std::string to_text(const RuleAnswers& answers) {
  std::string text;
  for (const Answer answer : answers) text += static_cast<char>('0' + static_cast<int>(answer));
  return text;
}

RuleAnswers from_text(const std::string& text) {
  RuleAnswers answers;
  for (const char c : text) answers.push_back(static_cast<Answer>(c - '0'));
  return answers;
}

// The answer for a call that gave no result: all rules that apply to the op refuse it.
RuleAnswers all_refuse(const std::vector<Exam>& exams) {
  RuleAnswers answers(criteria().size(), Answer::not_applicable);
  for (const Exam& exam : exams) keep_stricter(answers, votes(exam, exam.correct));
  for (Answer& answer : answers) {
    if (answer == Answer::accepts) answer = Answer::refuses;
  }
  return answers;
}

MutantAnswers examine(const Mutant& mutant, double seconds, Examiner& examiner) {
  const Subject& subject = subject_named(mutant.op, mutant.backend, mutant.id);
  const std::vector<Exam>& exams = examiner.fixed(mutant.op, subject);
  Backend& backend = examiner.backend(mutant.backend);
  const ForkedAnswer child =
      run_forked([&] { return to_text(examiner.take(exams, subject, backend)); }, seconds);
  MutantAnswers result;
  result.mutant = mutant;
  switch (child.end) {
    case ForkedAnswer::End::returned:
      result.answers = from_text(child.text);
      return result;
    case ForkedAnswer::End::threw:
      result.ended = child.text;
      break;
    case ForkedAnswer::End::crashed:
      result.ended = "crash";
      break;
    case ForkedAnswer::End::hung:
      result.ended = "hang";
      break;
  }
  result.answers = all_refuse(exams);
  return result;
}

void count_false_alarms(const Mutant& control, const CriterionOptions& options, Examiner& examiner,
                        std::vector<CriterionScore>& scores) {
  const Row row = examiner.row(control);
  const CaseSource source(row, options.seed);
  for (std::int64_t i = 0; i < options.drawn; ++i) {
    const std::optional<Exam> exam =
        examiner.set(source.case_number(source.required() + i), row.subject);
    if (!exam) continue;
    const RuleAnswers answers =
        examiner.take({*exam}, row.subject, examiner.backend(control.backend));
    for (std::size_t k = 0; k < answers.size(); ++k) {
      scores[k].correct += answers[k] != Answer::not_applicable ? 1 : 0;
      scores[k].false_alarms += answers[k] == Answer::refuses ? 1 : 0;
    }
  }
}

void count_fixed(const Mutant& control, Examiner& examiner, std::vector<CriterionScore>& scores) {
  const Subject& subject = subject_named(control.op, control.backend, control.id);
  for (const Exam& exam : examiner.fixed(control.op, subject)) {
    for (std::size_t k = 0; k < scores.size(); ++k) {
      scores[k].cases += exam.correct[k] != Answer::not_applicable ? 1 : 0;
      scores[k].cases_kept += exam.correct[k] == Answer::accepts ? 1 : 0;
    }
  }
}

void count(const MutantAnswers& result, std::vector<CriterionScore>& scores) {
  for (std::size_t k = 0; k < scores.size(); ++k) {
    scores[k].mutants += result.answers[k] != Answer::not_applicable ? 1 : 0;
    scores[k].caught += result.caught_by(k) ? 1 : 0;
  }
}

}  // namespace

std::size_t criterion_index(const std::string& name) {
  const std::vector<Criterion>& known = criteria();
  std::string names;
  for (std::size_t k = 0; k < known.size(); ++k) {
    if (known[k].name == name) return k;
    names += " " + std::string(known[k].name);
  }
  throw std::invalid_argument("criterion '" + name + "': expected all or one of" + names);
}

CriterionReport run_criteria(const std::vector<Mutant>& mutants, const CriterionOptions& options) {
  for (const std::string& id : options.only) {
    static_cast<void>(mutant_named(mutants, id));  // refuses one that does not exist
  }
  Examiner examiner;
  CriterionReport report;
  report.scores.resize(criteria().size());
  for (const Mutant& mutant : mutants) {
    if (!is_for_battery(mutant)) continue;
    if (!options.only.empty() &&
        std::find(options.only.begin(), options.only.end(), mutant.id) == options.only.end()) {
      continue;
    }
    if (mutant.is_control) {
      count_fixed(mutant, examiner, report.scores);
      count_false_alarms(mutant, options, examiner, report.scores);
      continue;
    }
    report.mutants.push_back(examine(mutant, options.seconds, examiner));
    count(report.mutants.back(), report.scores);
  }
  return report;
}

RuleAnswers answers_on_peer_cases(const std::string& op, const Subject& subject,
                                  const std::string& contract) {
  Subject examined = subject;
  examined.contract = contract;
  Examiner examiner;
  return examiner.take(examiner.fixed(op, examined), examined, examiner.backend(kBackend));
}

}  // namespace mlacheck
