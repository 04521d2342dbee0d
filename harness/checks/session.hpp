// One case of one subject on its way through the battery: what the checks share.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/backends/backend.hpp"
#include "harness/compare/compare.hpp"
#include "harness/core/expectation.hpp"
#include "harness/core/verdict.hpp"
#include "harness/execute/execute.hpp"
#include "properties/op.hpp"

namespace mlacheck {

struct CaseResult {
  Verdict verdict = Verdict::untested;
  Evidence evidence;
  std::vector<Check> checks;  ///< those that were carried out, each once
  double worst_ratio = 0;     ///< share of the bound used
  RatioHistogram ratios{};
  std::string rule;  ///< how the bounds were derived
};

/// What a session works on. All of it must outlive the session.
struct SessionInput {
  const OpModel& model;
  const Oracle& oracle;
  const Case& c;
  const Subject& subject;
  const Subject* baseline;  ///< null: none
  Backend& backend;
};

class Session {
 public:
  explicit Session(const SessionInput& input);

  const OpModel& model() const { return input_.model; }
  const Case& the_case() const { return input_.c; }
  const Subject& subject() const { return input_.subject; }
  const Subject* baseline() const { return input_.baseline; }
  Backend& backend() const { return input_.backend; }
  const Problem& problem() const { return problem_; }

  /// The problem of another case for this subject, under its conventions.
  Problem materialise(const Case& c) const;

  /// The case with another seed: the same sizes, other contents. Nothing if the op has no seed.
  std::optional<Case> reseeded() const;

  /// The run that other checks compare with: outputs poisoned with 0xFF. Null if it failed or was
  /// refused; the reason is in the evidence then.
  const Run* first();

  /// The oracle's answer for problem(), and for any other problem.
  const Expectation& expectation();
  Expectation expect(const Problem& problem) const;

  Run execute(const Problem& problem, const RunOptions& options) const;

  /// Takes over findings and errors of one run; true if its outputs can be looked at.
  bool accept(Run& run, const std::string& which);

  /// Says that a check was really carried out.
  void carried_out(Check check);
  void find(Check check, std::string text);
  Evidence& evidence() { return result_.evidence; }

  /// Bit equality of the live cells of all outputs, matched by name.
  void compare_runs(Check check, const Problem& one, const Run& run_one, const Problem& two,
                    const Run& run_two, const std::string& name_one, const std::string& name_two);

  /// Values against an oracle's answer, and whether that proves anything.
  void compare_with(Check check, const Expectation& expectation, const Problem& problem,
                    const Run& run);

  CaseResult finish();

 private:
  SessionInput input_;
  Problem problem_;
  CaseResult result_;
  std::optional<Run> first_;
  bool first_usable_ = false;
  std::optional<Expectation> expectation_;
};

}  // namespace mlacheck
