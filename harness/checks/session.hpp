// What the checks share while one case of one subject goes through the battery.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/backends/backend.hpp"
#include "harness/checks/options.hpp"
#include "harness/compare/compare.hpp"
#include "harness/execute/execute.hpp"
#include "harness/op/model.hpp"
#include "harness/op/oracle.hpp"
#include "harness/verdict/verdict.hpp"

namespace mlacheck {

struct CaseResult {
  Verdict verdict = Verdict::untested;
  Evidence evidence;
  std::vector<Check> checks;  ///< those that were carried out, each once
  double worst_ratio = 0;     ///< share of the bound used
  RatioHistogram ratios{};
  std::string rule;          ///< how the bounds were derived
  bool interrupted = false;  ///< a signal stopped the case, which shows nothing
  /// Where the process that ran the case died or hung: the part of the battery in progress
  /// (CheckUnit::name), if it is known.
  std::string ended_in;
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
  Session(const SessionInput& input, const BatteryOptions& options);

  const OpModel& model() const { return input_.model; }
  const Case& the_case() const { return input_.c; }
  const Subject& subject() const { return input_.subject; }
  const Subject* baseline() const { return input_.baseline; }
  Backend& backend() const { return input_.backend; }
  const Problem& problem() const { return problem_; }

  const BatteryOptions& options() const { return options_; }

  /// The alternatives that `check` shall try for this case, in this order: those that findings have
  /// named, else the case's turn; where the options say thorough, some more.
  std::vector<std::int64_t> choices(Check check) const;

  /// True if an alternative that left `before` findings behind found what is looked for, so that no
  /// other one need be tried.
  bool satisfied(std::size_t before) const;

  /// The problem of another case for this subject, under its conventions.
  Problem materialise(const Case& c) const;

  /// The run that other checks compare with: outputs poisoned with 0xFF. Null if it failed or was
  /// declined; the reason is in the evidence then.
  const Run* first();

  /// The same under the other poison. Not yet accepted.
  Run& second();

  /// The oracle's answer for problem(), and for any other problem.
  const Expectation& expectation();
  Expectation expect(const Problem& problem) const;

  Run execute(const Problem& problem, const RunOptions& options) const;

  /// Takes over findings and errors of one run; true if its outputs can be looked at. `which` names
  /// the run in findings. Nothing is taken over of a run that the harness could not finish. A
  /// subject that declines the case's own run skips the case; one that declines a run that
  /// `check` derived from it leaves that check out.
  bool accept(Run& run, const std::string& which, Check check);

  /// As accept(), for one more run of the case itself. To decline now what was taken before is a finding of
  /// K16: a caller that has seen its call taken relies on it.
  bool accept_again(Run& run, const std::string& which);

  /// Takes over findings and errors of a run that was meant to fail, whatever its status. False if
  /// nothing can be said about it.
  bool observe(Run& run, const std::string& which);

  /// Says that a check could not be carried out though it applies, and why.
  void leave_out(Check check, const std::string& reason);

  /// True once the device failed: no further run can be made.
  bool lost() const { return lost_; }

  /// Says that a check was really carried out.
  void carried_out(Check check);
  Finding& report(Check check, std::string text, std::string operand = {}, std::string kind = {});
  Evidence& evidence() { return result_.evidence; }

  /// Bit equality of the live cells of all outputs, matched by name. True if they are equal.
  bool compare_runs(Check check, const Run& one, const std::string& name_one, const Run& two,
                    const std::string& name_two);

  /// Values against an oracle's answer, and whether that proves anything.
  void compare_with(Check check, const Expectation& expectation, const Run& run);

  /// From now on findings carry this alternative.
  void set_choice(std::optional<Choice> choice) { choice_ = choice; }

  /// The same for a check that may end the process: the alternative is noted as well.
  void attempt(const Choice& choice, const std::string& unit);

  CaseResult finish();

 private:
  // False for a run that the harness could not finish.
  bool taken_over(Run& run, const std::string& which);
  bool accept_first(Run& run);
  void take_over(Run& run, const std::string& which);
  // For a run that the harness could not finish.
  void give_up(Run& run, const std::string& which);
  bool succeeded(const Run& run, const std::string& which);
  // Elements of an output of first() that it never wrote; nothing if none of `failed` is poison.
  Unwritten unwritten(std::size_t operand, const Run& run);

  SessionInput input_;
  BatteryOptions options_;
  Problem problem_;
  CaseResult result_;
  std::optional<Run> first_;
  bool first_usable_ = false;
  std::optional<Run> second_;
  std::optional<Choice> choice_;
  bool lost_ = false;
  std::set<std::string> seen_in_runs_;  // findings of runs, without the run's name
  std::optional<Expectation> expectation_;
};

}  // namespace mlacheck
