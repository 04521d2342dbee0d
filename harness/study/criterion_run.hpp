// What the acceptance rules of other projects would have caught: each mutant on the cases of a
// usual unit test, judged by each rule, and each correct variant on drawn cases, for false alarms.
//
// A mutant is run as such tests run a kernel: fixed shapes, one call, clean memory. Only the values
// of the outputs are looked at. A call that fails, crashes or hangs counts as caught by all rules.
// A rule is left out of the cases where it refuses the correct variant, since no project would keep
// a test that fails its correct kernel.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/study/rule_answers.hpp"
#include "harness/subjects/subjects.hpp"

namespace mlacheck {

struct CriterionOptions {
  std::vector<std::string> only;  ///< ids of mutants; empty: all
  std::int64_t drawn = 200;       ///< cases for each correct variant
  double seconds = 10;            ///< for all cases of a mutant; beyond that it hangs
  std::uint64_t seed = 1;
};

struct MutantAnswers {
  Mutant mutant;
  RuleAnswers answers;  ///< over all cases
  /// Why the call gave no result: "crash", "hang" or the error that it returned. Rules that apply
  /// to the op refuse it then.
  std::string ended;

  bool caught_by(std::size_t criterion) const { return answers[criterion] == Answer::refuses; }
};

/// Of one rule.
struct CriterionScore {
  std::int64_t caught = 0;
  std::int64_t mutants = 0;       ///< of ops that the rule applies to
  std::int64_t cases_kept = 0;    ///< fixed cases of correct variants that it accepts
  std::int64_t cases = 0;         ///< fixed cases that it applies to
  std::int64_t false_alarms = 0;  ///< correct results of drawn cases that it refuses
  std::int64_t correct = 0;       ///< drawn cases that it applies to
};

struct CriterionReport {
  std::vector<MutantAnswers> mutants;  ///< without the controls
  std::vector<CriterionScore> scores;  ///< one for each of criteria()
};

/// Index in criteria(); throws std::invalid_argument that lists the names.
std::size_t criterion_index(const std::string& name);

/// `mutants` must have been entered by add_mutants; its controls are the correct variants that
/// false alarms are counted on. The peer of a result is that of the correct variant with 64 lanes,
/// whose reductions have another order. Call it from a process with one thread. Throws
/// std::invalid_argument naming a mutant that does not exist.
CriterionReport run_criteria(const std::vector<Mutant>& mutants, const CriterionOptions& options);

/// One subject on the fixed cases of its op, in this process; `contract` is the correct variant.
/// The answers of all rules over all cases; throws std::runtime_error if a call fails.
RuleAnswers answers_on_peer_cases(const std::string& op, const Subject& subject,
                                  const std::string& contract);

}  // namespace mlacheck
